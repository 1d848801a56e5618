"""The key rule: the training loss stays above a linear model's.

What it looks for:
    The training loss at the end against the training loss of a linear model on the same data, in
    units of the distance from the linear model to the constant predictor, so that the scale of the
    loss does not matter.

Why it matters:
    A deep network that is wide enough contains the linear model: with the right weights it would be
    at least as good. A training loss that stays above the linear model's is therefore a failure of
    optimization, never overfitting, and regularization would make it worse.

When it is wrong:
    The network contains the linear model only if each of its hidden layers is at least as wide as
    the linear map's rank, which is at most the number of outputs (less one for classes); a narrower
    layer is a limit of capacity. Both losses must be the same loss on the same examples with the
    same inputs, measured in evaluation mode, without penalties. A logged training loss is raised by
    dropout, augmentation and label smoothing; where the validation loss is lower, it is used as the
    bound. On separable classes the linear model's own loss depends on how long it was fitted.

What to try:
    What helps optimization: input scaling, initialization, the learning rate, Adam or momentum,
    skip connections, normalization, another activation, warm-up.
"""

from __future__ import annotations

from diagnose.measures.facts import EXCESS_SHARE, Facts
from diagnose.rules.optimization.high_training_loss import still_falls
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

EXCESS = Threshold(
    "training loss above the linear model's, as a share of the way to the constant predictor",
    EXCESS_SHARE, "", "judgement",
)  # fmt: skip
NOISE = Threshold("excess over the noise of one point", 2.0, "", "judgement")


def check(facts: Facts) -> Finding:
    """Compare the training loss at the end with the linear model's."""
    linear = facts.references.linear_train
    if facts.train is None:
        return RULE.not_checked(facts.why_no_train)
    if linear is None:
        return RULE.not_checked("no linear model's loss to compare with (give --linear-loss)")
    end = facts.clean_train_end - facts.references.floor
    top = facts.linear_scale
    scale_of = "the constant predictor" if facts.constant is not None else "the first logged loss"
    excess = facts.linear_excess
    evidence = (
        Evidence("excess", excess, "", EXCESS.value),
        Evidence("end_loss", end, "loss"),
        Evidence("linear_loss", linear, "loss"),
        Evidence("above", end - linear, "loss", NOISE.value * facts.train.noise),
        Evidence("scale", top, "loss"),
    )
    if excess <= EXCESS.value or end - linear <= NOISE.value * facts.train.noise:
        side = "below" if end <= linear else "hardly above"
        return RULE.clear(
            f"The training loss ends at {number(end)}, {side} the linear model's {number(linear)}.",
            evidence=evidence,
        )
    return RULE.found(
        f"The training loss ends at {number(end)}, above the linear model's {number(linear)} by"
        f" {percent(excess)} of the way to {scale_of} ({number(top)}). {_precondition(facts)}",
        "problem",
        steps=(float(facts.train.step[-1]),),
        evidence=evidence,
    )


def _precondition(facts: Facts) -> str:
    """Say under which condition the network contains the linear model."""
    outputs = facts.references.classes
    units = "" if outputs is None else f"{outputs - 1} unit{'s' if outputs > 2 else ''}"
    rank = units or "the linear map's rank"
    wide = f"{units} wide" if units else "as wide as the linear map's rank"
    fits = facts.references.linear_fits_inside
    if fits is None:
        return f"A network whose hidden layers are all at least {wide} contains that model."
    width = facts.references.narrowest_layer
    if fits:
        return f"The network contains that model: its narrowest layer has {width} units."
    return (
        f"Its narrowest layer has {width} units, fewer than the {rank} that the linear model"
        " needs, so that this may be a limit of capacity."
    )


RULE = Rule(
    code="OPT202",
    name="above-linear-model",
    title="Training loss above a linear model's",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(EXCESS, NOISE),
    remedies=(
        Remedy(
            "input-scaling",
            "the linear model that reaches {linear_loss} was fitted on standardized inputs; give"
            " the network the same",
        ),
        Remedy(
            "batch-normalization", "keeps each layer's outputs in scale and allows longer steps"
        ),
        Remedy(
            "larger-model",
            "a wider network is easier to train, even where its capacity is enough",
        ),
        Remedy("longer-training", "the loss was still falling at the end", suits=still_falls),
        Remedy("activation-function", "replaces units that saturate or die and pass no gradient"),
        Remedy(
            "less-regularization",
            "takes away what holds the training loss above {linear_loss}, if any",
        ),
        Remedy(
            "learning-rate-range-test",
            "one short run shows whether the learning rate is what keeps the loss at {end_loss}",
        ),
        Remedy("skip-connection", "lets a deep network start as good as a shallow one"),
        Remedy("gradient-clipping", "if single steps throw the loss back up"),
        Remedy("learning-rate-warm-up", "lets the network tolerate a higher learning rate"),
        Remedy(
            "adam",
            "scales every parameter's step by its own past gradients, which one global rate that"
            " ends at {end_loss} cannot",
        ),
        Remedy("momentum", "carries the parameters across flat stretches and saddle points"),
        Remedy(
            "kaiming-initialization",
            "the usual first cause when a deep network ends {above} above a linear one",
        ),
    ),
)
