"""The training loss stays where a prediction that ignores the input would be.

What it looks for:
    A training loss that ends at the constant predictor's loss: that of a network which gives every
    input the same answer. The level is given, or agreed on by loss and accuracy. Where neither is
    known, a loss that never moved and equals the logarithm of a small whole number counts too.

Why it matters:
    The network learned nothing from its inputs. No regularization can help and no amount of data.

When it is wrong:
    A very short log may end before the first fall. Imbalanced classes lower the level below the
    logarithm of their number; give the true level where it is known. A penalty so strong that all
    weights vanish ends at the same level.

What to try:
    Check that labels belong to inputs and that the gradient reaches the first layer; scale the
    inputs; initialize for the activation; sweep the learning rate; replace saturating activations;
    take penalties away.
"""

from __future__ import annotations

import math

from diagnose.measures.curve import median
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

MIN_POINTS = Threshold("points in the training loss", 3, "points", "judgement")
LEARNED_SHARE = Threshold(
    "fall below the constant predictor, as a share of its loss", 0.02, "", "judgement"
)
SETTLED = Threshold("share of the log left out at its start, where no level is known", 0.2, "",
                    "judgement")  # fmt: skip
FLAT_SHARE = Threshold("change after that, as a share of the loss", 0.015, "", "judgement")
START_SHARE = Threshold(
    "fall from the first entry to the level, as a share of it, that initialization explains", 0.1,
    "", "judgement",
)  # fmt: skip
GUESS_SHARE = Threshold(
    "distance from the logarithm of a whole number, as a share of it", 0.006, "", "judgement"
)
GUESSED_CLASSES = (*range(2, 21), 100, 1000)


def check(facts: Facts) -> Finding:
    """Look for a training loss at the constant predictor's level."""
    train = facts.train
    if train is None:
        return RULE.not_checked(facts.why_no_train)
    if len(train) < MIN_POINTS.value:
        return RULE.not_checked(f"only {train.logged} points in the training loss")
    if facts.constant is None:
        return _without_level(facts)
    end = train.end if _neither_moves(facts) else facts.clean_train_end
    learned = (facts.constant - end) / facts.range
    reached = (facts.constant - train.lowest) / facts.range
    evidence = (
        Evidence("learned_share", learned, "", LEARNED_SHARE.value),
        Evidence("constant_loss", facts.constant, "loss"),
        Evidence("end_loss", end, "loss"),
    )
    if learned >= LEARNED_SHARE.value:
        return RULE.clear(
            f"The training loss ends {percent(learned)} below the constant predictor's"
            f" {number(facts.constant)}.",
            evidence=evidence,
        )
    if reached > 0.1:
        return RULE.clear(
            f"The training loss had been {percent(reached)} below the constant predictor's before"
            " it rose again.",
            evidence=evidence,
        )
    where = "at" if learned > -LEARNED_SHARE.value else "above"
    return RULE.found(
        f"The training loss ends at {number(end)}, {where} the constant predictor's"
        f" {number(facts.constant)}: the network has learned nothing from its inputs.",
        "problem",
        steps=(float(train.step[-1]),),
        evidence=evidence,
    )


def _neither_moves(facts: Facts) -> bool:
    """Return whether the validation loss, which may lie lower, stands as still as the training's.

    An easier validation set lowers its loss without anything having been learned.
    """
    val = facts.val
    return val is None or val.fall <= LEARNED_SHARE.value * facts.range


def _without_level(facts: Facts) -> Finding:
    """Judge a loss that never moved by whether its level is that of a guess."""
    train = facts.train
    if train is None or len(train) < 5:
        return RULE.not_checked("the constant predictor's loss is not known (give --classes)")
    late = train.smooth[int(SETTLED.value * len(train)) :]
    moved = float(late.max() - late.min())
    level = median(late)
    classes = next(
        (k for k in GUESSED_CLASSES if abs(level - math.log(k)) <= GUESS_SHARE.value * math.log(k)),
        None,
    )
    flat = (
        level > 0
        and moved <= FLAT_SHARE.value * level
        and abs(train.start - level) <= START_SHARE.value * level
    )
    if classes is None or not flat:
        return RULE.not_checked("the constant predictor's loss is not known (give --classes)")
    return RULE.found(
        f"The training loss stays at {number(level, 4)}, which is ln {classes}: a guess among"
        f" {classes} classes. The network has learned nothing from its inputs.",
        "problem",
        steps=(float(train.step[-1]),),
        evidence=(
            Evidence("constant_loss", math.log(classes), "loss"),
            Evidence("end_loss", level, "loss"),
            Evidence("moved", moved, "loss", FLAT_SHARE.value * level),
        ),
    )


RULE = Rule(
    code="OPT201",
    name="stuck-at-constant-predictor",
    title="Stuck at the constant predictor",
    problem=OPTIMIZATION,
    check=check,
    thresholds=(MIN_POINTS, LEARNED_SHARE, SETTLED, FLAT_SHARE, START_SHARE, GUESS_SHARE),
    remedies=(
        Remedy(
            "input-scaling",
            "inputs far from zero mean and unit variance saturate the first layer, and the loss"
            " stays at {end_loss}",
        ),
        Remedy(
            "batch-normalization",
            "brings each layer back to a scale at which gradients pass, whatever the start was",
        ),
        Remedy(
            "data-cleaning",
            "check the tensors that enter the network first: labels shifted against inputs keep the"
            " loss at {constant_loss} whatever the optimizer",
        ),
        Remedy("adam", "moves also where gradients are tiny, as they are at {constant_loss}"),
        Remedy(
            "learning-rate-range-test",
            "one short run shows the rate at which the loss leaves {constant_loss}, and the one"
            " at which it blows up",
        ),
        Remedy(
            "less-regularization",
            "a penalty that is too strong drives all weights to zero, which also ends at"
            " {constant_loss}",
        ),
        Remedy(
            "activation-function",
            "saturating or dead units pass no gradient; a ReLU variant does",
        ),
        Remedy("skip-connection", "gives signal and gradient a way around layers that block them"),
        Remedy(
            "kaiming-initialization",
            "a start that is too small for the depth lets no gradient through: the loss does not"
            " leave {constant_loss}",
        ),
    ),
)
