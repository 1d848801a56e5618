"""Does dropout help a network that learns wrong labels by heart, and one that underfits?"""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from catalog.lab.data import Data
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import noisy, short
from catalog.optimization.dropout.reference import dropout

WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Embedding, nn.RNNBase)


def thin(model: nn.Module, data: Data, recipe: Recipe, p: float) -> nn.Module:  # noqa: ARG001
    """Drop inputs of every linear layer that reads hidden units."""
    for layer in hidden_readers(model):
        layer.register_forward_pre_hook(partial(_drop_inputs, p=p))
    return model


def hidden_readers(model: nn.Module) -> list[nn.Linear]:
    """Return the linear layers of a network but for one that reads the example itself."""
    weighted = [layer for layer in model.modules() if isinstance(layer, WEIGHTED)]
    return [layer for layer in weighted[1:] if isinstance(layer, nn.Linear)]


def _drop_inputs(layer: nn.Module, inputs: tuple[Tensor, ...], p: float) -> Tensor:
    return dropout(inputs[0], p, layer.training)


def apply(recipe: Recipe, p: float = 0.5) -> Recipe:
    """Return the recipe with dropout on the hidden units that linear layers read.

    Raises:
        NotApplicable: If no linear layer reads hidden units.
    """
    if not hidden_readers(untrained(recipe)):
        raise NotApplicable("it drops hidden units, and no linear layer reads any.")
    return recipe.plus(start=Part(thin, p=p))


NARROW = short().replace(model=Part(mlp, widths=(16, 16)))

EXPERIMENTS = (
    Experiment(
        question="Does dropping half of the units help where 30 % of the labels are wrong?",
        setting="400 digits, 30 % wrong labels, 64-128-128-10, Adam at its best rate, 600 steps",
        control=noisy(),
        treatment=apply(noisy()),
        control_name="all units",
        treatment_name="dropout 0.5",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2),
    ),
    Experiment(
        question="Does dropping half of the units help a narrow network that underfits?",
        setting="300 digits, 64-16-16-10, SGD at its best rate, batches of 30, 100 steps",
        control=NARROW,
        treatment=apply(NARROW),
        control_name="all units",
        treatment_name="dropout 0.5",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS),
        lr_grid=(0.03, 0.1, 0.3, 1.0),
    ),
)
