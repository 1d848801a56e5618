"""The training loss fell and then rose for good, or rose from the start.

What it looks for:
    A training loss whose end lies well above its own minimum, for at least a tenth of the run: a
    divergence if it goes on rising or stays up, a collapse if it jumps to the constant predictor's
    loss and stays there.

Why it matters:
    The same network has already reached a lower training loss in this very run, so what it lost is
    a failure of optimization. Nothing else can be concluded from such a run; repair it first.

When it is wrong:
    A restart of the learning rate lifts the loss on purpose; the rule judges the end of the cycle
    before it where the learning rate is logged. A change of the data (a curriculum, another
    mixture) lifts the loss without any instability. Isolated spikes that return are another rule.

What to try:
    Warm-up and clipping, a steadier architecture or initialization, another optimizer, and lower
    the learning rate last. A loss that rises from the first step on is most often a wrong sign.
"""

from __future__ import annotations

from diagnose.measures.facts import Facts
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
from diagnose.run import FloatArray

MIN_POINTS = Threshold("points in the training loss", 6, "points", "judgement")
RISE_SHARE = Threshold(
    "rise from the minimum to the end, as a share of the fall before it", 0.15, "", "judgement"
)
RISE_RATIO = Threshold(
    "end over minimum, where the loss is positive", 1.5, "",
    "judgement",
)  # fmt: skip
RISE_NOISE = Threshold("rise over the noise of one point", 6.0, "", "judgement")
COLLAPSE_SHARE = Threshold(
    "distance of the end from the constant predictor's loss, as a share of it", 0.03, "",
    "judgement",
)  # fmt: skip


def check(facts: Facts) -> Finding:
    """Look for a training loss that ends well above its minimum."""
    train = facts.train
    if train is None:
        return RULE.not_checked(facts.why_no_train)
    if len(train) < MIN_POINTS.value:
        return RULE.not_checked(f"only {train.logged} points in the training loss")
    unit = facts.run.step_unit
    rise = train.end - train.lowest
    fall = max(train.fall, 0.0)
    span = fall if fall > RISE_NOISE.value * train.noise else max(fall, 0.05 * abs(train.start))
    share = rise / span if span > 0 else 0.0
    ratio = train.end / train.lowest if train.lowest > 0 else float("inf")
    turn = float(train.step[train.best])
    evidence = (
        Evidence("rise_share", share, "", RISE_SHARE.value),
        Evidence("lowest_loss", train.lowest, "loss", step=turn),
        Evidence("end_loss", train.end, "loss"),
        Evidence("turn", turn, unit, step=turn),
        Evidence("turn_share", _progress(train.step, turn), ""),
        Evidence("noise", train.noise, "loss"),
    )
    found = (
        share > RISE_SHARE.value
        and ratio > RISE_RATIO.value
        and rise > RISE_NOISE.value * train.noise
        and train.best < len(train) - train.tail
    )
    if not found:
        return RULE.clear(
            f"The training loss ends at {number(train.end)}, near its lowest level"
            f" {number(train.lowest)}."
            if rise <= 0.05 * abs(span)
            else f"The training loss ends {percent(share)} of its fall above its lowest level.",
            evidence=evidence,
        )
    constant = facts.constant
    if constant is not None and abs(train.end - constant) <= COLLAPSE_SHARE.value * constant:
        message = (
            f"The training loss had fallen to {number(train.lowest)} by {unit} {number(turn)}, then"
            f" went to {number(train.end)}, the constant predictor's loss, and stayed there:"
            " the network collapsed."
        )
    elif fall <= RISE_NOISE.value * train.noise or train.best == 0:
        message = (
            f"The training loss rose from {number(train.start)} to {number(train.end)} and never"
            " fell."
        )
    else:
        message = (
            f"The training loss fell to {number(train.lowest)} at {unit} {number(turn)}, then rose"
            f" to {number(train.end)} and stayed there."
        )
    return RULE.found(message, "problem", steps=(turn,), evidence=evidence)


def _progress(step: FloatArray, at: float) -> float:
    """Return a step as a share of the run."""
    return float((at - step[0]) / (step[-1] - step[0])) if step[-1] > step[0] else 0.0


RULE = Rule(
    code="OPT102",
    name="diverging-loss",
    title="Diverging loss",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(MIN_POINTS, RISE_SHARE, RISE_RATIO, RISE_NOISE, COLLAPSE_SHARE),
    remedies=(
        Remedy("adam", "scales the step by the size of past gradients, so that none is too long"),
        Remedy(
            "gradient-clipping",
            "bounds the steps that lifted the loss from {lowest_loss} to {end_loss}; set it just"
            " above the usual gradient norm",
        ),
        Remedy(
            "learning-rate-schedule",
            "a rate that has come down by {unit} {turn} no longer throws the loss back up",
        ),
        Remedy(
            "layer-normalization",
            "keeps the activations in scale while the weights move past {unit} {turn}",
        ),
        Remedy(
            "learning-rate",
            "if all that does not hold it below {end_loss}: lower the learning rate, by threes",
        ),
        Remedy(
            "learning-rate-warm-up",
            "the loss turned at {unit} {turn}, {turn_share:%} of the way; a slow rise lets the"
            " network tolerate this learning rate",
        ),
        Remedy(
            "skip-connection",
            "with normalization inside each branch, a deep network stays trainable where this one"
            " left {lowest_loss}",
        ),
        Remedy(
            "kaiming-initialization",
            "a start of the right scale keeps the first steps from being too long",
        ),
    ),
)
