"""Does weight standardization help beside group normalization, and without any?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.batch_normalization.experiment import PAIR_RATES, PAIRS
from catalog.architecture.group_normalization.experiment import apply as with_group_norm
from catalog.architecture.weight_standardization.reference import weight_standardization
from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.surgery import hidden_layers


def standardize(model: nn.Module, data: Data, recipe: Recipe, eps: float) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Standardize the weights of every hidden layer."""
    for layer in hidden_layers(model):
        weight_standardization(layer, eps)
    return model


def apply(recipe: Recipe, eps: float = 1e-5) -> Recipe:
    """Return the recipe with standardized weights in its hidden layers.

    Raises:
        NotApplicable: If the network has no hidden layer.
    """
    if not hidden_layers(untrained(recipe)):
        raise NotApplicable("the network has no hidden linear layer and no convolution.")
    return recipe.plus(start=Part(standardize, eps=eps))


EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss beside group normalization in batches of two?",
        setting="200 digits, 3 layers of 64, SGD at its best rate, batches of 2, 300 steps",
        control=with_group_norm(PAIRS),
        treatment=apply(with_group_norm(PAIRS)),
        control_name="group normalization",
        treatment_name="with standardized weights",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=PAIR_RATES,
    ),
    Experiment(
        question="Does it lower the training loss where the activations are not normalized?",
        setting="200 digits, 3 layers of 64, SGD at its best rate, batches of 2, 300 steps",
        control=PAIRS,
        treatment=apply(PAIRS),
        control_name="plain",
        treatment_name="standardized weights",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=PAIR_RATES,
    ),
)
