"""The run ended while the loss was still falling.

What it looks for:
    A steady fall over the last quarter of the log that, continued for another quarter of the run,
    would lower the loss by a noticeable share of its range; of the validation loss where it is
    logged, else of the training loss.

Why it matters:
    The run was limited by its length, not by its model or its data; nothing else can be judged yet.

When it is wrong:
    A schedule that has taken the learning rate to almost nothing ends the fall whatever came
    before, so the fall cannot be continued; neither can a fall that a drop of the learning rate has
    just caused. A training loss that still falls while the validation loss rises is no reason to go
    on.

What to try:
    Train longer, with the schedule stretched to the new length; raise the learning rate; momentum.
"""

from __future__ import annotations

from diagnose.measures.facts import Facts
from diagnose.measures.pace import AHEAD_SHARE, TAIL_SHARE
from diagnose.rules.rule import (
    OPTIMIZATION,
    Evidence,
    Finding,
    Remedy,
    Rule,
    Threshold,
    number,
    percent,
)

MIN_POINTS = Threshold("points in the loss", 6, "points", "judgement")
TAIL = Threshold("share of the log that the trend is taken from", TAIL_SHARE, "", "judgement")
AHEAD = Threshold("share of the run's length to look ahead", AHEAD_SHARE, "", "judgement")
GAIN = Threshold("gain ahead, as a share of the range", 0.03, "", "judgement")
LEVEL = Threshold("gain ahead, as a share of the loss at the end", 0.03, "", "judgement")
TREND = Threshold("Mann-Kendall z score of the fall", -2.0, "", "judgement")
DECAYED = Threshold(
    "learning rate left of its peak, below which the fall cannot be continued", 0.05, "",
    "judgement",
)  # fmt: skip


def check(facts: Facts) -> Finding:
    """Look for a loss that was still falling at the end."""
    train, val = facts.train, facts.val
    follow_val = val is not None and len(val) >= MIN_POINTS.value
    curve, pace = (val, facts.val_pace) if follow_val else (train, facts.train_pace)
    if curve is None or pace is None:
        return RULE.not_checked("no loss to follow")
    if len(curve) < MIN_POINTS.value:
        return RULE.not_checked(f"only {curve.logged} points in the loss")
    tail = curve.last(TAIL.value)
    schedule = facts.schedule
    if schedule is not None and facts.judged_until is None:
        start = float(curve.step[tail][0])
        if schedule.remaining < DECAYED.value:
            return RULE.not_checked(
                f"the learning rate has decayed to {percent(schedule.remaining)} of its peak, so"
                " the fall cannot be continued beyond the end"
            )
        if any(step >= start for step in (*schedule.drops, *schedule.restarts)):
            return RULE.not_checked(
                "the learning rate changed in the last quarter, and the fall may be its effect"
            )
    gain = pace.gain
    scale = facts.range
    share = gain / scale if scale > 0 else float("nan")
    unit = facts.run.step_unit
    evidence = (
        Evidence("gain_share", share, "", GAIN.value),
        Evidence("gain", gain, "loss"),
        Evidence("slope", pace.slope, f"loss/{unit}"),
        Evidence("trend_z", pace.trend, "", TREND.value),
        Evidence("end_loss", curve.end, "loss"),
        Evidence("last_step", float(curve.step[-1]), unit),
    )
    which = "validation" if curve is val else "training"
    improving = (
        pace.trend < TREND.value
        and share > GAIN.value
        and gain > 2 * curve.noise / max(1, len(curve.value[tail])) ** 0.5
        and gain > LEVEL.value * abs(curve.end)
        and _train_falls(facts)
    )
    if not improving:
        return RULE.clear(
            f"The {which} loss had levelled off: a quarter more of the run would lower it by about"
            f" {number(max(gain, 0.0))}.",
            evidence=evidence,
        )
    return RULE.found(
        f"The {which} loss was still falling at the end: at the pace of the last quarter, a quarter"
        f" more of the run would lower it from {number(curve.end)} by about {number(gain)}"
        f" ({percent(share)} {facts.range_name}).",
        "problem",
        steps=(float(curve.step[-1]),),
        evidence=evidence,
    )


def _train_falls(facts: Facts) -> bool:
    """Return whether the training loss, where logged, does not rise over the same stretch."""
    train = facts.train
    if train is None or len(train) < MIN_POINTS.value:
        return True
    return facts.train_pace is None or facts.train_pace.trend < 2.0


RULE = Rule(
    code="OPT203",
    name="still-improving",
    title="Still improving at the end",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(MIN_POINTS, TAIL, AHEAD, GAIN, LEVEL, TREND, DECAYED),
    remedies=(
        Remedy(
            "longer-training",
            "the loss was still falling at {unit} {last_step}; a quarter more would bring about"
            " {gain}, and the schedule must be stretched with it",
        ),
        Remedy("larger-model", "a wider network falls faster per step than to {end_loss}"),
        Remedy("batch-normalization", "allows longer steps, and so a faster fall"),
        Remedy(
            "learning-rate-range-test",
            "shows whether a higher learning rate would have reached {end_loss} sooner",
        ),
        Remedy("less-regularization", "takes away what slows the fall, if any"),
        Remedy("momentum", "speeds up a steady fall such as this one"),
        Remedy(
            "learning-rate-schedule",
            "a rate that starts higher and decays at the end uses the same steps better",
        ),
        Remedy("adam", "adapts the step to each parameter and falls faster per step"),
    ),
)
