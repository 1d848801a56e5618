"""Does less regularization help a net that underfits, and one that overfits?"""

from __future__ import annotations

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import SGD, few, short
from catalog.loss.l1_penalty.experiment import on_weights as l1_on_weights
from catalog.loss.l2_penalty.experiment import on_weights as l2_on_weights
from catalog.loss.label_smoothing.experiment import apply as smoothed
from catalog.loss.label_smoothing.reference import smoothed_cross_entropy
from catalog.loss.less_regularization.reference import reduce_dropout, reduce_weight_decay
from catalog.loss.regularization.experiment import on_slope
from catalog.optimization.dropout.experiment import apply as thinned
from catalog.optimization.dropout.experiment import thin

PENALTIES = (l1_on_weights, l2_on_weights, on_slope)


def without_dropout(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Turn off every dropout of a network."""
    reduce_dropout(model)
    return model


def without_weight_decay(params: object, lr: float, base: Part) -> object:
    """Make an optimizer and turn off its weight decay."""
    optimizer = base(params, lr=lr)
    reduce_weight_decay(optimizer)
    return optimizer


def without_smoothing(loss: Part) -> Part | None:
    """Return a loss whose labels are as they are; None is the plain cross-entropy."""
    if loss.make is smoothed_cross_entropy:
        return None
    if isinstance(loss.settings.get("label_smoothing"), float):  # as torch's function has it
        return loss.set(label_smoothing=0.0)
    return loss


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe without penalties, weight decay, dropout, augmentation and smoothed labels.

    Raises:
        NotApplicable: If it has none of them.
    """
    less = recipe.replace(
        augmentation=(),
        regularization=tuple(p for p in recipe.regularization if p.make not in PENALTIES),
        start=tuple(part for part in recipe.start if part.make is not thin),
    )
    if recipe.loss is not None:
        less = less.replace(loss=without_smoothing(recipe.loss))
    model = untrained(recipe)
    optimizer = recipe.optimizer(list(model.named_parameters()), lr=recipe.lr)
    if reduce_weight_decay(optimizer):
        less = less.replace(optimizer=Part(without_weight_decay, base=recipe.optimizer))
    if reduce_dropout(model):
        less = less.plus(start=Part(without_dropout))
    if less == recipe:
        raise NotApplicable("it has no penalty, decay, dropout, augmentation or smoothed labels.")
    return less


def regularized(recipe: Recipe) -> Recipe:
    """Return the recipe with SGD of weight decay 0.01, half of the units and smoothed labels."""
    decayed = Part(SGD.make, weight_decay=0.01)
    return smoothed(thinned(recipe.replace(optimizer=decayed, lr=0.3)))


UNDERFIT = regularized(short(200))
OVERFIT = regularized(few())

EXPERIMENTS = (
    Experiment(
        question="Does taking dropout, decay and smoothing away lower the loss of a short run?",
        setting="300 digits, 64-128-128-10, SGD at its best rate, batches of 30, 200 steps",
        control=UNDERFIT,
        treatment=apply(UNDERFIT),
        control_name="all three",
        treatment_name="none",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.03, 0.1, 0.3, 1.0),
    ),
    Experiment(
        question="Does it lower the validation loss of a net that could fit its few examples?",
        setting="100 digits, 64-128-128-10, SGD 0.3, 300 full-batch steps",
        control=OVERFIT,
        treatment=apply(OVERFIT),
        control_name="all three",
        treatment_name="none",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
