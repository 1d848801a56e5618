"""Does orthogonal initialization make a deep tanh network trainable, and is it the angles?"""

from __future__ import annotations

from functools import partial

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import deep
from catalog.optimization.initialization.reference import gain_of, initialize
from catalog.optimization.orthogonal_initialization.reference import (
    orthogonal_,
    orthogonal_blocks_,
)
from catalog.optimization.xavier_initialization.experiment import apply as xavier

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


def redraw(
    model: nn.Module,
    data: Data,  # noqa: ARG001 (a start part is given it)
    recipe: Recipe,  # noqa: ARG001
    gain: float | None = None,
) -> nn.Module:
    """Draw all linear, convolution and recurrent weights anew."""
    initialize(model, partial(orthogonal_, gain=gain_of(model) if gain is None else gain))
    for module in model.modules():
        if isinstance(module, nn.RNNBase):
            for name, weight in module.named_parameters(recurse=False):
                if name.startswith("weight_hh"):
                    orthogonal_blocks_(weight, GATES[module.mode])
    return model


def apply(recipe: Recipe, gain: float | None = None) -> Recipe:
    """Return the recipe with orthogonal matrices at the start, and biases of linear layers at 0.

    Args:
        recipe: Any recipe.
        gain: Factor on the length; None for the activation's usual one. Recurrent matrices get 1.
    """
    return recipe.plus(start=Part(redraw, gain=gain))


TANH = deep().set_model(activation=Part(nn.Tanh))

EXPERIMENTS = (
    Experiment(
        question="Does orthogonal initialization lower the training loss of 16 tanh layers?",
        setting="300 digits, 16 tanh layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=TANH,
        treatment=apply(TANH),
        control_name="PyTorch's default",
        treatment_name="orthogonal, gain 5/3",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.005, 0.05, 0.5),
    ),
    Experiment(
        question="Is it ahead of random matrices of the same scale?",
        setting="300 digits, 16 tanh layers of 64, SGD 0.05, batches of 30, 300 steps",
        control=xavier(TANH, distribution="normal", gain=1.0),
        treatment=apply(TANH, gain=1.0),
        control_name="Xavier normal, gain 1",
        treatment_name="orthogonal, gain 1",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
