"""The validation loss is too noisy to judge.

What it looks for:
    Noise from one validation point to the next that is a large share of the whole fall of the
    validation loss, or of the gap, whichever is larger; or that leaves the level at the end, a
    median of the last points, less certain than the gap that would matter.

Why it matters:
    Minima, rises and differences between runs are then chance; early stopping picks a lucky epoch.

When it is wrong:
    A loss that falls very little is drowned in normal noise. Batch normalization with few examples
    makes the validation loss erratic though the set is large enough.

What to try:
    A larger validation set, cross-validation, averaging the weights or the curve; then judge again.
"""

from __future__ import annotations

from diagnose.measures.facts import Facts
from diagnose.rules.rule import LOGGING, Evidence, Finding, Rule, Threshold, number

MIN_POINTS = Threshold("points in the validation loss", 10, "points", "judgement")
LEVEL = Threshold("noise of one point as a share of the loss", 0.01, "", "judgement")
ERROR = Threshold(
    "standard error of the level at the end, as a share of the range", 0.05, "", "judgement"
)
ERROR_GAP = Threshold(
    "standard error of the level at the end, as a share of the gap", 0.25, "", "judgement"
)
MEDIAN_ERROR = 1.2533
"""Standard error of a median over that of a mean, for normal noise."""
SHARE = Threshold("noise of one point as a share of the effect to be judged", 0.25, "", "judgement")


def check(facts: Facts) -> Finding:
    """Look for a validation loss drowned in noise."""
    val = facts.val
    if val is None:
        return RULE.not_checked(facts.why_no_val)
    if len(val) < MIN_POINTS.value:
        return RULE.not_checked(f"only {val.logged} points in the validation loss")
    gap = facts.gap_end if facts.gap is not None else 0.0
    effect = max(val.fall, abs(gap), abs(val.end - val.lowest))
    share = val.noise / effect if effect > 0 else 0.0
    error = MEDIAN_ERROR * val.noise / val.tail**0.5
    scale = facts.range
    evidence = (
        Evidence("noise_share", share, "", SHARE.value),
        Evidence("noise", val.noise, "loss"),
        Evidence("effect", effect, "loss"),
        Evidence("end_error", error, "loss", ERROR.value * scale if scale > 0 else None),
    )
    drowned = share > SHARE.value and val.noise > LEVEL.value * abs(val.end)
    vague = scale > 0 and error > ERROR.value * scale and error > ERROR_GAP.value * abs(gap)
    if not drowned and not vague:
        return RULE.clear(
            f"The validation loss is steady: its noise is {number(val.noise)} at a level of"
            f" {number(val.end)}.",
            evidence=evidence,
        )
    return RULE.found(
        f"The validation loss jumps by about {number(val.noise)} from one entry to the next, beside"
        f" a gap of {number(gap)} at the end: it is too noisy to judge.",
        "warning",
        evidence=evidence,
    )


RULE = Rule(
    code="LOG102",
    name="uninformative-validation",
    title="Uninformative validation",
    problem=LOGGING,
    check=check,
    thresholds=(MIN_POINTS, SHARE, LEVEL, ERROR, ERROR_GAP),
)
