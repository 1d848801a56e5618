"""The loss is no longer a number.

What it looks for:
    NaN or infinity in the training or the validation loss. It is a problem of its own when the
    training loss does not come back; a few such points that it recovers from are a warning.

Why it matters:
    Every weight that such a gradient touched is lost; nothing after that point was trained.

When it is wrong:
    A gradient norm logged as NaN is no such thing. With loss scaling in half precision, a skipped
    step may log an infinity and do no harm. An empty cell is read as "not logged", never as NaN.

What to try:
    Look at the batch and the inputs of that step first; then scale the inputs, lower the learning
    rate or warm it up, clip the gradient, and keep sensitive operations in full precision.
"""

from __future__ import annotations

import numpy as np

from diagnose.measures.facts import Facts
from diagnose.rules.rule import OPTIMIZATION, Evidence, Finding, Remedy, Rule, Threshold, number
from diagnose.run import Series

LOST_SHARE = Threshold(
    "share of non-finite points from the first on that means the run is lost", 0.5, "", "judgement"
)


def _first_bad(series: Series | None) -> int | None:
    if series is None:
        return None
    bad = np.flatnonzero(~np.isfinite(series.value))
    return int(bad[0]) if len(bad) else None


def check(facts: Facts) -> Finding:
    """Look for non-finite losses."""
    run = facts.run
    unit = run.step_unit
    for series, which in ((run.train_loss, "training"), (run.val_loss, "validation")):
        first = _first_bad(series)
        if series is None or first is None:
            continue
        bad = ~np.isfinite(series.value)
        step = float(series.step[first])
        finite_before = series.value[:first]
        evidence = [
            Evidence("first_step", step, unit, step=step),
            Evidence("non_finite_points", float(bad.sum()), "points"),
        ]
        if len(finite_before):
            evidence.append(Evidence("last_finite_loss", float(finite_before[-1]), "loss"))
        for role in ("lr", "grad_norm"):
            other = run.get(role)
            if other is not None:
                at = min(int(np.searchsorted(other.step, step)), len(other) - 1)
                if np.isfinite(other.value[at]):
                    evidence.append(Evidence(f"{role}_there", float(other.value[at]), ""))
        lost = which == "training" and bool(
            bad[first:].mean() > LOST_SHARE.value or bad[-min(3, len(bad)) :].all()
        )
        before = f"; it was {number(float(finite_before[-1]))} before" if len(finite_before) else ""
        after = "and stays so" if lost else f"({int(bad.sum())} of {len(bad)} points)"
        return RULE.found(
            f"The {which} loss is not a number from {unit} {number(step)} {after}{before}.",
            "problem" if lost else "warning",
            steps=(step,),
            evidence=tuple(evidence),
        )
    return RULE.clear("Every logged loss is a finite number.")


RULE = Rule(
    code="OPT101",
    name="non-finite-loss",
    title="Non-finite loss",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(LOST_SHARE,),
    remedies=(
        Remedy(
            "data-cleaning",
            "first look at the batch of {unit} {first_step}: an empty or infinite input, a"
            " logarithm of zero or a division by zero makes the loss no number there",
        ),
        Remedy(
            "input-scaling",
            "large inputs overflow first, and lose the loss as at {unit} {first_step}",
        ),
        Remedy(
            "adam",
            "scales each step by past gradients, so that none is as long as the one that threw the"
            " weights out at {unit} {first_step}",
        ),
        Remedy(
            "gradient-clipping",
            "bounds the one step that threw the weights out at {unit} {first_step}",
        ),
        Remedy(
            "learning-rate-warm-up",
            "a step too long just before {unit} {first_step} would do this; rise to the learning"
            " rate slowly, and then try a lower one",
        ),
        Remedy(
            "mixed-precision",
            "if the run uses half precision: bfloat16 or loss scaling keeps {unit} {first_step}"
            " within range",
        ),
    ),
)
