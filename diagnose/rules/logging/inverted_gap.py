"""The validation loss lies below the training loss.

What it looks for:
    A validation loss below the training loss in most of the second half of the run and beyond
    noise, after the half-epoch shift was undone.

Why it matters:
    The two are not measured alike: the training loss is logged with dropout, augmentation, label
    smoothing or a penalty on, or the validation set is easier. The logged training loss then says
    nothing about underfitting, and a gap cannot be judged.

When it is wrong:
    It is never wrong as an observation; it is no fault by itself. Strong regularization is its most
    common cause.

What to try:
    Measure the training loss once more in evaluation mode, without augmentation, on a fixed part of
    the training set. If the validation loss is still lower, look for duplicates and for an easier
    split.
"""

from __future__ import annotations

from diagnose.measures.curve import median
from diagnose.measures.facts import Facts
from diagnose.rules.rule import LOGGING, Evidence, Finding, Rule, Threshold, number, percent

MIN_POINTS = Threshold("points in the validation loss", 4, "points", "judgement")
MOST = Threshold("share of the second half in which it is below", 0.8, "", "judgement")
SHARE = Threshold("distance as a share of the range", 0.02, "", "judgement")
LEVEL = Threshold("distance as a share of the training loss", 0.05, "", "judgement")


def check(facts: Facts) -> Finding:
    """Look for a validation loss below the training loss."""
    val, gap = facts.val, facts.gap
    if facts.train is None:
        return RULE.not_checked(facts.why_no_train)
    if val is None or gap is None:
        return RULE.not_checked(facts.why_no_val)
    if len(val) < MIN_POINTS.value:
        return RULE.not_checked(f"only {val.logged} points in the validation loss")
    late = gap[len(gap) // 2 :]
    below = float((late < 0).mean())
    distance = -median(late)
    scale = facts.range
    share = distance / scale if scale > 0 else 0.0
    level = distance / max(abs(facts.train.end), 1e-12)
    evidence = (
        Evidence("below_share", below, "", MOST.value),
        Evidence(
            "distance", distance, "loss", max(SHARE.value * scale, 0.0) if scale > 0 else None
        ),
        Evidence("distance_share", share, "", SHARE.value),
        Evidence("early_distance", -median(gap[: max(1, len(gap) // 20)]), "loss"),
    )
    enough = share > SHARE.value or (level > 2 * LEVEL.value and distance > 2 * val.noise)
    if below < MOST.value or not enough or level < LEVEL.value or distance <= val.noise / 2:
        return RULE.clear(
            "The validation loss is not below the training loss, once the half-epoch shift is"
            " undone.",
            evidence=evidence,
        )
    return RULE.found(
        f"The validation loss lies {number(distance)} below the training loss ({percent(share)}"
        f" {facts.range_name}): the training loss is measured harder, with dropout, augmentation or"
        " a penalty on, or the validation set is easier.",
        "note",
        evidence=evidence,
    )


RULE = Rule(
    code="LOG103",
    name="inverted-gap",
    title="Inverted gap",
    problem=LOGGING,
    check=check,
    thresholds=(MIN_POINTS, MOST, SHARE, LEVEL),
)
