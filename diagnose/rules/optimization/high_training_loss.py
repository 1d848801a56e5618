"""The training loss is not as low as this network could bring it.

What it looks for:
    The end of the training loss, the gap, the rise and the pace of both losses, all as shares of
    the constant predictor's loss, beside a linear model's losses. From them a logistic function
    that was fitted to runs whose problem is known gives the probability that the same network,
    better trained or larger, would reach a clearly lower training loss.

Why it matters:
    A network that beats a linear model may still be far from what it could fit. As long as that is
    so the training loss is the problem, and what closes a generalization gap would not help.

When it is wrong:
    Where the data set a floor that no network passes, as the entropy of language or the noise of
    labels do, a high training loss is as low as it can be. Without a linear model's loss nothing
    tells the two apart, and this is not checked.

What to try:
    What helps optimization first: the learning rate, Adam, normalization, a longer run; then less
    regularization and a larger network.
"""

from __future__ import annotations

from diagnose.measures.facts import Facts
from diagnose.measures.odds import LIMITS
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

LIKELY = Threshold(
    "probability of underfitting", LIMITS["with a linear model"].underfitting, "",
    "python -m benchmarks.fit",
)  # fmt: skip


FALLS = 0.01
"""Fall in a quarter more of the run, as a share of the scale, that a longer run is advised for."""


def still_falls(facts: Facts) -> bool:
    """Return whether the training loss still fell at the end."""
    pace = facts.train_pace
    return facts.odds is None or pace is None or pace.gain >= FALLS * facts.linear_scale


def check(facts: Facts) -> Finding:
    """Ask how likely the run is to underfit."""
    odds = facts.odds
    train, pace = facts.train, facts.train_pace
    if train is None or pace is None:
        return RULE.not_checked(facts.why_no_train)
    if facts.references.linear_train is None or facts.references.linear_val is None:
        return RULE.not_checked("no linear model's loss to compare with (give --linear-loss)")
    if odds is None:
        return RULE.not_checked("too few points, or losses without a positive scale")
    end, top = facts.clean_train_end, facts.linear_scale
    evidence = (
        Evidence("probability", odds.underfitting, "", LIKELY.value),
        Evidence("end_share", end / top, ""),
        Evidence("end_loss", end, "loss"),
        Evidence("gap", facts.gap_end, "loss"),
        Evidence("fall_ahead", max(0.0, pace.gain), "loss"),
    )
    scale_of = "the constant predictor's" if facts.constant is not None else "the first logged"
    level = (
        f"training loss that ends at {number(end)}, {percent(end / top)} of {scale_of}"
        f" {number(top)}, over a gap of {number(facts.gap_end)}"
    )
    if odds.is_low is not False:
        return RULE.clear(
            f"That a {level}, is too high has a probability of {percent(odds.underfitting)}.",
            evidence=evidence,
        )
    return RULE.found(
        f"A {level}, is too high with a probability of {percent(odds.underfitting)}: the same"
        " network, better trained, mostly gets lower.",
        "problem",
        steps=(float(train.step[-1]),),
        evidence=evidence,
    )


RULE = Rule(
    code="OPT205",
    name="high-training-loss",
    title="Training loss higher than need be",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(LIKELY,),
    remedies=(
        Remedy(
            "longer-training",
            "a quarter more of the run would lower the loss by about {fall_ahead} at its last pace",
            suits=still_falls,
        ),
        Remedy(
            "less-regularization", "takes away what holds the training loss at {end_loss}, if any"
        ),
        Remedy("larger-model", "if the loss stays at {end_loss} whatever the optimizer does"),
        Remedy(
            "learning-rate-range-test",
            "one short run shows whether another rate brings the loss below {end_loss}",
        ),
        Remedy(
            "batch-normalization", "keeps each layer's outputs in scale and allows longer steps"
        ),
        Remedy("activation-function", "replaces units that saturate or die and pass no gradient"),
        Remedy("adam", "falls faster per step than one global rate, and needs less tuning"),
        Remedy("skip-connection", "lets a deep network start as good as a shallow one"),
        Remedy("kaiming-initialization", "starts each layer at the scale its activation needs"),
    ),
)
