"""The validation loss stays above the training loss.

What it looks for:
    The distance from the training loss to the validation loss over the end of the run, the
    half-epoch shift undone, as a share of the range of the loss. Whether it is overfitting, which
    more data or regularization would lessen, is told by a logistic function of both losses, of
    their pace and of a linear model's losses, if given, that was fitted to runs whose problem is
    known; where that leaves it open, by the distance between the accuracies. A ratio of the two
    losses alone is never used: it has no meaning near zero or below.

Why it matters:
    It is what the network learned of the training set that does not hold elsewhere. A wide gap over
    a low training loss is overfitting even if the validation loss does not rise; a moderate one is
    normal and no reason by itself to change anything.

When it is wrong:
    A gap that is there from the first entries and stays the same is a difference between how the
    two are measured, or between the two sets, not overfitting. A training loss raised by dropout or
    augmentation hides a gap.

What to try:
    More data, pre-training, augmentation, weight decay, label smoothing, dropout, an ensemble; a
    smaller network last.
"""

from __future__ import annotations

import math

from diagnose.measures.curve import median
from diagnose.measures.facts import Facts
from diagnose.measures.odds import LIMITS
from diagnose.rules.rule import (
    GENERALIZATION,
    Evidence,
    Finding,
    Remedy,
    Rule,
    Threshold,
    number,
    percent,
)

MIN_POINTS = Threshold("points in the validation loss", 4, "points", "judgement")
SHARE = Threshold(
    "gap as a share of the range that is told", 0.1, "",
    "the ratio in SageMaker Debugger's overfit rule, taken of the range; judgement",
)  # fmt: skip
LIKELY = Threshold(
    "probability of overfitting, with a linear model's loss",
    LIMITS["with a linear model"].overfitting, "", "python -m benchmarks.fit",
)  # fmt: skip
LIKELY_ALONE = Threshold(
    "the same, of the log alone", LIMITS["log alone"].overfitting, "", "python -m benchmarks.fit"
)
ACCURACY = Threshold(
    "distance of the accuracies that is overfitting where the training set is fitted", 0.1, "",
    "AutoTrainer, https://doi.org/10.1109/ICSE43902.2021.00043",
)  # fmt: skip
NOISE = Threshold("gap over the noise of one validation point", 2.0, "", "judgement")


def check(facts: Facts) -> Finding:
    """Look for a gap between validation and training loss."""
    train, val, gap = facts.train, facts.val, facts.gap
    if train is None:
        return RULE.not_checked(facts.why_no_train)
    if val is None:
        return RULE.not_checked(facts.why_no_val)
    if gap is None:
        return RULE.not_checked("one loss is a sum and the other a mean")
    if len(val) < MIN_POINTS.value:
        return RULE.not_checked(f"only {val.logged} points in the validation loss")
    scale = facts.range
    if not scale > 0:
        return RULE.not_checked("the training loss never fell, so a gap has no scale")
    end = facts.gap_end
    share = end / scale
    accuracies = _accuracy_gap(facts)
    train_end = median(val.smooth[-val.tail :]) - end
    evidence = [
        Evidence("gap_share", share, "", SHARE.value),
        Evidence("gap", end, "loss", NOISE.value * val.noise),
        Evidence("train_end", train_end, "loss"),
        Evidence("val_end", val.end, "loss"),
    ]
    if not math.isnan(accuracies):
        evidence.append(Evidence("accuracy_gap", accuracies, "", ACCURACY.value))
    if facts.odds is not None:
        limit = LIMITS[facts.odds.evidence].overfitting
        evidence.append(Evidence("probability", facts.odds.overfitting, "", limit))
    numbers = (
        f"the validation loss ends at {number(val.end)}, {number(end)} above the training loss"
        f" {number(train_end)} ({percent(share)} {facts.range_name})"
    )
    if end <= NOISE.value * val.noise or (share <= SHARE.value and not accuracies > ACCURACY.value):
        return RULE.clear(
            f"The generalization gap is small: {numbers}."
            if end > 0
            else f"There is no gap: the validation loss ends at {number(val.end)}, the training"
            f" loss at {number(train_end)}.",
            evidence=tuple(evidence),
        )
    wide = _is_wide(facts, accuracies)
    if accuracies > ACCURACY.value:
        numbers += f"; the accuracies are {percent(accuracies)} apart"
    return RULE.found(
        f"A {'wide ' if wide else ''}generalization gap: {numbers}.",
        "problem" if wide else "warning",
        steps=(float(val.step[-1]),),
        evidence=tuple(evidence),
    )


def _accuracy_gap(facts: Facts) -> float:
    """Return training minus validation accuracy at the end; NaN if one is missing."""
    if facts.train_accuracy is None or facts.val_accuracy is None:
        return math.nan
    return facts.train_accuracy.end - facts.val_accuracy.end


def _is_wide(facts: Facts, accuracies: float) -> bool:
    """Return whether the gap is overfitting: as wide as those that a remedy closes."""
    odds = facts.odds
    if odds is not None and odds.is_overfitting is not None:
        return odds.is_overfitting
    # Accuracies say how many more are wrong; a loss also says how sure the network was.
    return facts.train_is_low is True and accuracies > ACCURACY.value


CLOSE_THE_GAP = (
    Remedy(
        "more-data",
        "the most direct cure of a gap of {gap}: more examples leave less to learn by heart",
    ),
    Remedy(
        "image-augmentation",
        "for images: new views of the same examples close a gap of {gap}, if they keep the label",
    ),
    Remedy("dropout", "keeps units from relying on each other to fit single examples"),
    Remedy("adamw", "keeps the optimizer and shrinks the weights at each step"),
    Remedy(
        "mixup",
        "trains between the examples instead of only on them",
        suits=lambda facts: facts.is_classification is True,
    ),
    Remedy("pre-training", "general features leave less to be learned from these examples alone"),
    Remedy(
        "label-smoothing",
        "takes away the reward for being ever surer of the examples already right",
        suits=lambda facts: facts.is_classification is True,
    ),
    Remedy("ensembling", "averages away what each network learned by chance"),
    Remedy("sharpness-aware-minimization", "prefers flat minima, at twice the compute"),
    Remedy("smaller-model", "last: less room to memorize, but perhaps too little to learn"),
)
"""What closes a generalization gap, in the order to try; needs the evidence `gap`."""

RULE = Rule(
    code="GEN101",
    name="generalization-gap",
    title="Generalization gap",
    problem=GENERALIZATION,
    check=check,
    thresholds=(MIN_POINTS, SHARE, LIKELY, LIKELY_ALONE, ACCURACY, NOISE),
    remedies=CLOSE_THE_GAP,
)
