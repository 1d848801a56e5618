"""Does Kaiming initialization make a deep ReLU network trainable, also one that has norms?"""

from __future__ import annotations

from functools import partial

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import deep
from catalog.optimization.initialization.reference import initialize
from catalog.optimization.kaiming_initialization.reference import (
    kaiming_normal_,
    kaiming_uniform_,
)

FILLS = {"normal": kaiming_normal_, "uniform": kaiming_uniform_}


def redraw(
    model: nn.Module,
    data: Data,  # noqa: ARG001 (a start part is given it)
    recipe: Recipe,  # noqa: ARG001
    distribution: str = "normal",
    negative_slope: float = 0.0,
    mode: str = "fan_in",
) -> nn.Module:
    """Draw all linear and convolution weights of a network anew."""
    initialize(model, partial(FILLS[distribution], negative_slope=negative_slope, mode=mode))
    return model


def apply(
    recipe: Recipe,
    distribution: str = "normal",
    negative_slope: float = 0.0,
    mode: str = "fan_in",
) -> Recipe:
    """Return the recipe with every linear and convolution layer started by the rule, biases at 0.

    Args:
        recipe: Any recipe.
        distribution: `normal` or `uniform`.
        negative_slope: Of the activation.
        mode: `fan_in` or `fan_out`.
    """
    settings = {"distribution": distribution, "negative_slope": negative_slope, "mode": mode}
    return recipe.plus(start=Part(redraw, **settings))


NORMED = deep().set_model(norm=Part(nn.BatchNorm1d))

EXPERIMENTS = (
    Experiment(
        question="Does Kaiming initialization lower the training loss of 16 plain ReLU layers?",
        setting="300 digits, 16 layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=deep(),
        treatment=apply(deep()),
        control_name="PyTorch's default",
        treatment_name="Kaiming normal",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.005, 0.05, 0.5),
    ),
    Experiment(
        question="Does it still lower the training loss where every layer is batch-normalized?",
        setting="300 digits, 16 layers of 64 with batch norm, SGD 0.05, batches of 30, 300 steps",
        control=NORMED,
        treatment=apply(NORMED),
        control_name="PyTorch's default",
        treatment_name="Kaiming normal",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
