"""The gap is there from the first entries, before anything was learned.

What it looks for:
    A validation loss that never comes near the constant predictor's loss, or that lies far above
    the training loss at the first entries already, while the training loss has hardly fallen yet.

Why it matters:
    Overfitting takes time: a network that has learned nothing by heart yet cannot overfit. A gap
    from the start is a difference between the two measurements or the two sets, such as inputs
    scaled another way, normalization in the wrong mode, another loss or reduction, or another
    distribution. Regularization will not close it.

When it is wrong:
    A network that fits the training set within its first entry has its gap from the first entry
    too; log more often to tell. A few outliers in the validation set raise a squared error from the
    start.

What to try:
    Run a part of the training set through the validation code: if the loss stays high, the code
    differs; if it is low, the data do.
"""

from __future__ import annotations

from diagnose.measures.curve import median
from diagnose.measures.facts import Facts
from diagnose.rules.rule import LOGGING, Evidence, Finding, Remedy, Rule, Threshold, number

MIN_POINTS = Threshold("points in the validation loss", 4, "points", "judgement")
EARLY = Threshold("share of the log that counts as its first entries", 0.05, "", "judgement")
SHARE = Threshold(
    "gap at the first entries as a share of the gap at the end", 0.5, "",
    "judgement",
)  # fmt: skip
UNLEARNED = Threshold(
    "share of the training loss's fall that is still ahead at the first entries", 0.7, "",
    "judgement",
)  # fmt: skip
SHRUNK = Threshold(
    "gap at the first entries over the gap at the end, above which it closed", 2.0, "", "judgement"
)
WIDE = Threshold("gap at the first entries as a share of the range", 0.25, "", "judgement")
HOPELESS = Threshold(
    "lowest validation loss over the constant predictor's loss", 0.96, "", "judgement"
)
FITTED = Threshold(
    "training loss over the constant predictor's loss, below which something was learned", 0.5, "",
    "judgement",
)  # fmt: skip


def check(facts: Facts) -> Finding:
    """Look for a gap that was there before anything was learned."""
    train, val, gap, at = facts.train, facts.val, facts.gap, facts.train_at_val
    if train is None:
        return RULE.not_checked(facts.why_no_train)
    if val is None or gap is None or at is None:
        return RULE.not_checked(facts.why_no_val)
    if len(val) < MIN_POINTS.value:
        return RULE.not_checked(f"only {val.logged} points in the validation loss")
    first = max(1, round(EARLY.value * len(val)))
    early = median(gap[:first])
    share = early / facts.gap_end if facts.gap_end > 0 else 0.0
    ahead = (median(at[:first]) - train.lowest) / train.fall if train.fall > 0 else 0.0
    scale = facts.range
    wide = early / scale if scale > 0 else 0.0
    evidence = [
        Evidence("early_gap", early, "loss"),
        Evidence("early_share", share, "", SHARE.value),
        Evidence("unlearned_share", ahead, "", UNLEARNED.value),
        Evidence("early_gap_share", wide, "", WIDE.value),
    ]
    constant = facts.constant
    if constant is not None and constant > 0:
        hopeless = val.lowest / constant
        evidence.append(Evidence("lowest_over_constant", hopeless, "", HOPELESS.value))
        if hopeless > HOPELESS.value and train.end < FITTED.value * constant:
            return RULE.found(
                f"The validation loss never falls below {number(val.lowest)}, while a prediction"
                f" that ignores the input would give {number(constant)}: it is not measured as the"
                " training loss is, or on other data.",
                "warning",
                evidence=tuple(evidence),
            )
    if SHARE.value < share < SHRUNK.value and ahead > UNLEARNED.value and wide > WIDE.value:
        return RULE.found(
            f"The validation loss lies {number(early)} above the training loss at the first entries"
            " already, before anything was learned: the two are not measured alike, or on other"
            " data.",
            "warning",
            steps=(float(val.step[0]),),
            evidence=tuple(evidence),
        )
    return RULE.clear("The gap, if any, came with the training.", evidence=tuple(evidence))


RULE = Rule(
    code="LOG104",
    name="offset-gap",
    title="Gap from the start",
    problem=LOGGING,
    check=check,
    thresholds=(MIN_POINTS, EARLY, SHARE, SHRUNK, UNLEARNED, WIDE, HOPELESS, FITTED),
    remedies=(
        Remedy(
            "data-cleaning",
            "run a part of the training set through the validation code first: a loss that stays"
            " {early_gap} higher shows a fault in that code",
        ),
        Remedy(
            "domain-adaptation",
            "if the validation data come from elsewhere, train on examples like them",
        ),
    ),
)
