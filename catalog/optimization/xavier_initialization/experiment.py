"""Does Xavier initialization make a deep tanh network trainable, and is it the right rule there?"""

from __future__ import annotations

from functools import partial

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import deep
from catalog.optimization.initialization.reference import initialize
from catalog.optimization.kaiming_initialization.experiment import apply as kaiming
from catalog.optimization.xavier_initialization.reference import xavier_normal_, xavier_uniform_

FILLS = {"normal": xavier_normal_, "uniform": xavier_uniform_}


def redraw(
    model: nn.Module,
    data: Data,  # noqa: ARG001 (a start part is given it)
    recipe: Recipe,  # noqa: ARG001
    distribution: str = "uniform",
    gain: float = 1.0,
) -> nn.Module:
    """Draw all linear and convolution weights of a network anew."""
    initialize(model, partial(FILLS[distribution], gain=gain))
    return model


def apply(recipe: Recipe, distribution: str = "uniform", gain: float = 1.0) -> Recipe:
    """Return the recipe with every linear and convolution layer started by the rule, biases at 0.

    Args:
        recipe: Any recipe.
        distribution: `uniform` or `normal`.
        gain: Factor on the standard deviation.
    """
    return recipe.plus(start=Part(redraw, distribution=distribution, gain=gain))


TANH = deep().set_model(activation=Part(nn.Tanh))
RATES = (0.005, 0.05, 0.5)

EXPERIMENTS = (
    Experiment(
        question="Does Xavier initialization lower the training loss of 16 tanh layers?",
        setting="300 digits, 16 tanh layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=TANH,
        treatment=apply(TANH),
        control_name="PyTorch's default",
        treatment_name="Xavier uniform",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Is the gain of 5/3, which is usual for tanh, ahead of none?",
        setting="300 digits, 16 tanh layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=apply(TANH),
        treatment=apply(TANH, gain=5 / 3),
        control_name="gain 1",
        treatment_name="gain 5/3",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Is it ahead of Kaiming's rule, which is made for ReLU, in 16 tanh layers?",
        setting="300 digits, 16 tanh layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=kaiming(TANH),
        treatment=apply(TANH, distribution="normal"),
        control_name="Kaiming normal",
        treatment_name="Xavier normal",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Is it ahead of Kaiming's rule in 16 ReLU layers?",
        setting="300 digits, 16 ReLU layers of 64, SGD 0.05, batches of 30, 300 steps",
        control=kaiming(deep()),
        treatment=apply(deep(), distribution="normal"),
        control_name="Kaiming normal",
        treatment_name="Xavier normal",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
