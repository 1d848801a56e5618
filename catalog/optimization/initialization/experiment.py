"""How much does the start decide: whether a network trains, and how good the minimum is?"""

from __future__ import annotations

from functools import partial

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import deep, few
from catalog.optimization.initialization.reference import initialize, normal_
from catalog.optimization.kaiming_initialization.reference import kaiming_normal_
from catalog.optimization.xavier_initialization.reference import xavier_normal_


def by_activation(
    model: nn.Module,
    data: Data,  # noqa: ARG001 (a start part is given it)
    recipe: Recipe,  # noqa: ARG001
) -> nn.Module:
    """Start a network by Xavier's rule if it has tanh or sigmoid units, else by Kaiming's."""
    saturates = any(isinstance(module, (nn.Tanh, nn.Sigmoid)) for module in model.modules())
    initialize(model, xavier_normal_ if saturates else kaiming_normal_)
    return model


def one_scale(
    model: nn.Module,
    data: Data,  # noqa: ARG001 (a start part is given it)
    recipe: Recipe,  # noqa: ARG001
    std: float = 0.01,
) -> nn.Module:
    """Start every layer with one standard deviation, whatever its size."""
    initialize(model, partial(normal_, std=std))
    return model


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with a start that is scaled to each layer's size and to the activation."""
    return recipe.plus(start=Part(by_activation))


EXPERIMENTS = (
    Experiment(
        question="Does a start scaled to each layer lower both losses of 16 layers?",
        setting="300 digits, 16 layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=deep().plus(start=Part(one_scale, std=0.01)),
        treatment=apply(deep()),
        control_name="deviation 0.01 everywhere",
        treatment_name="scaled by layer",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
        lr_grid=(0.005, 0.05, 0.5),
    ),
    Experiment(
        question="Does the start still decide the validation loss where both reach zero training"
        " loss?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few().plus(start=Part(one_scale, std=1.0)),
        treatment=apply(few()),
        control_name="deviation 1 everywhere",
        treatment_name="scaled by layer",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
