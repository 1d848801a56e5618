"""Does layer normalization help a network of some depth, and where batches are too small?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.batch_normalization.experiment import (
    FOUR_LAYERS,
    PAIR_RATES,
    PAIRS,
    RATES,
)
from catalog.architecture.batch_normalization.experiment import apply as with_batch_norm
from catalog.architecture.layer_normalization.reference import LayerNorm
from catalog.lab.experiment import LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.surgery import features_of, with_normalization


def layer_norm_after(module: nn.Module, shape: tuple[int, ...]) -> LayerNorm:
    """Return a layer normalization for the features after a module."""
    return LayerNorm(features_of(module, shape))


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with layer normalization before each activation.

    It takes the place of batch normalization.

    Raises:
        NotApplicable: If the network is normalized otherwise, or no activation is recognized.
    """
    return with_normalization(recipe, Part(layer_norm_after), instead_of="BatchNorm")


EXPERIMENTS = (
    Experiment(
        question="Does it lower the training and the validation loss of four layers?",
        setting="300 digits, 4 layers of 64, SGD at its best rate, batches of 30, 200 steps",
        control=FOUR_LAYERS,
        treatment=apply(FOUR_LAYERS),
        control_name="plain",
        treatment_name="layer normalization",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it do better than batch normalization where a batch is two examples?",
        setting="200 digits, 3 layers of 64, SGD at its best rate, batches of 2, 300 steps",
        control=with_batch_norm(PAIRS),
        treatment=apply(PAIRS),
        control_name="batch normalization",
        treatment_name="layer normalization",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
        lr_grid=PAIR_RATES,
    ),
)
