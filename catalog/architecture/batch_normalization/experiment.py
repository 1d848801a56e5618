"""Does batch normalization help a network of some depth, and with batches of two examples?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.batch_normalization.reference import BatchNorm
from catalog.lab.data import digits
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.recipe import Part, Recipe
from catalog.lab.surgery import channels_of, with_normalization
from catalog.lab.tasks import deep, few


def batch_norm_after(
    module: nn.Module, shape: tuple[int, ...], momentum: float | None
) -> BatchNorm:
    """Return a batch normalization for the channels after a module."""
    return BatchNorm(channels_of(module, shape), momentum=momentum)


def apply(recipe: Recipe, momentum: float | None = 0.1) -> Recipe:
    """Return the recipe with batch normalization between each layer and its activation.

    Raises:
        NotApplicable: If the network is normalized already, no activation is recognized, or the
            channels come last.
    """
    return with_normalization(recipe, Part(batch_norm_after, momentum=momentum))


FOUR_LAYERS = deep().set_model(widths=(64,) * 4).replace(epochs=20, evaluate_every=20)
"""A depth at which the plain network still trains, if slowly: 300 digits, 200 steps of SGD."""
RATES = (0.015, 0.05, 0.15, 0.5, 1.5)

PAIRS = (
    deep()
    .replace(data=Part(digits, n_train=200), epochs=3, batch_size=2, evaluate_every=3)
    .set_model(widths=(64, 64, 64))
)
"""Batches of two: 200 digits, three layers of 64 units, 300 steps of SGD."""
PAIR_RATES = (0.002, 0.01, 0.05, 0.2, 0.8)

SHALLOW = few().replace(batch_size=20, epochs=40, evaluate_every=40)

EXPERIMENTS = (
    Experiment(
        question="Does it lower the training and the validation loss of four layers?",
        setting="300 digits, 4 layers of 64, SGD at its best rate, batches of 30, 200 steps",
        control=FOUR_LAYERS,
        treatment=apply(FOUR_LAYERS),
        control_name="plain",
        treatment_name="batch normalization",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it lower the training loss where a batch is two examples?",
        setting="200 digits, 3 layers of 64, SGD at its best rate, batches of 2, 300 steps",
        control=PAIRS,
        treatment=apply(PAIRS),
        control_name="plain",
        treatment_name="batch normalization",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
        lr_grid=PAIR_RATES,
    ),
    Experiment(
        question="Does it lower the validation loss of a shallow network that trains well anyway?",
        setting="100 digits, 64-128-128-10, Adam 0.001, batches of 20, 200 steps",
        control=SHALLOW,
        treatment=apply(SHALLOW),
        control_name="plain",
        treatment_name="batch normalization",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
