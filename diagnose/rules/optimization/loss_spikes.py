"""Single spikes in the training loss that come back down.

What it looks for:
    Points of a step-level training loss far above the running median around them, in units of the
    noise and of the range of the run, after the first steps.

Why it matters:
    A spike that recovers costs little by itself; several, or larger and larger ones, announce a
    divergence. Where the loss does not come back, the rule on diverging losses says so.

When it is wrong:
    A last batch of an epoch with few examples, a change of the data, and a restarted learning rate
    look alike. A smoothed log hides spikes; an interval of logging that is too coarse misses them.

What to try:
    Look at the batch that caused it; then clip the gradient just above its usual norm.
"""

from __future__ import annotations

import numpy as np

from diagnose.measures.curve import running_median, step_noise
from diagnose.measures.facts import Facts
from diagnose.rules.rule import OPTIMIZATION, Evidence, Finding, Remedy, Rule, Threshold, number

MIN_POINTS = Threshold("points in the training loss", 50, "points", "judgement")
WINDOW = Threshold("points of the running median", 21, "points", "judgement")
HEIGHT_NOISE = Threshold("height over the noise of one point", 8.0, "", "judgement")
HEIGHT_RANGE = Threshold("height as a share of the range of the run", 0.1, "", "judgement")
SETTLED = Threshold("share of the run that is left out at its start", 0.05, "", "judgement")
MAX_POINTS = 2_000_000


def check(facts: Facts) -> Finding:
    """Look for isolated spikes."""
    series = facts.run.train_loss
    if series is None:
        return RULE.not_checked(facts.why_no_train)
    finite = np.isfinite(series.value)
    step, value = series.step[finite], series.value[finite]
    if len(value) < MIN_POINTS.value:
        return RULE.not_checked(
            f"only {len(value)} points; spikes show in logs of single steps",
        )
    first = int(SETTLED.value * len(value))
    step, value = step[first:][-MAX_POINTS:], value[first:][-MAX_POINTS:]
    # The median of every 21st window is enough to know the level, and cheap at a million points.
    stride = max(1, len(value) // 20_000)
    level = np.repeat(running_median(value[::stride], int(WINDOW.value)), stride)[: len(value)]
    height = value - level
    noise = step_noise(value)
    scale = facts.range if np.isfinite(facts.range) else float(np.ptp(value))
    bar = max(HEIGHT_NOISE.value * noise, HEIGHT_RANGE.value * scale)
    high = (height > bar) if bar > 0 else np.zeros(len(value), dtype=bool)
    starts = np.flatnonzero(high & ~np.concatenate([[False], high[:-1]]))
    highest = int(height.argmax())
    evidence = (
        Evidence("spikes", float(len(starts)), "spikes"),
        Evidence("highest", float(value[highest]), "loss", step=float(step[highest])),
        Evidence("highest_step", float(step[highest]), facts.run.step_unit),
        Evidence("level", float(level[highest]), "loss"),
        Evidence("height", float(height[highest]), "loss", bar),
    )
    unit = facts.run.step_unit
    schedule = facts.schedule
    if schedule is not None and schedule.restarts:
        return RULE.not_checked(
            "the learning rate is restarted, which lifts the loss each time", evidence=evidence
        )
    if not len(starts) or high.mean() > 0.2:
        return RULE.clear("No point stands out from those around it.", evidence=evidence)
    return RULE.found(
        f"{len(starts)} {'spike' if len(starts) == 1 else 'spikes'} in the training loss; the"
        f" highest is {number(float(value[highest]))} at {unit} {number(float(step[highest]))},"
        f" from a level of {number(float(level[highest]))}.",
        "warning",
        steps=tuple(float(step[i]) for i in starts[:20]),
        evidence=evidence,
    )


RULE = Rule(
    code="OPT103",
    name="loss-spikes",
    title="Loss spikes",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(MIN_POINTS, WINDOW, HEIGHT_NOISE, HEIGHT_RANGE, SETTLED),
    remedies=(
        Remedy(
            "data-cleaning",
            "look at the batch of {unit} {highest_step} first: the loss went from {level} to"
            " {highest} there",
        ),
        Remedy(
            "gradient-clipping",
            "bounds the step that such a batch can make; set it just above the usual norm",
        ),
    ),
)
