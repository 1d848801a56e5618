"""Does GELU train where sigmoid saturates, and does it matter where ReLU trains well?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.activation_function.reference import GELU
from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.surgery import replace
from catalog.lab.tasks import deep
from catalog.optimization.kaiming_initialization.experiment import apply as with_kaiming
from catalog.optimization.xavier_initialization.experiment import apply as with_xavier

OLDER = (nn.ReLU, nn.ReLU6, nn.Sigmoid, nn.Tanh, nn.Hardtanh)
"""Units that are flat over half of their range or more."""
UNIT = Part(GELU)


def exchange(model: nn.Module, data: Data, recipe: Recipe, unit: Part) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Put another unit in the place of every older one."""
    old = [name for name, module in model.named_modules() if isinstance(module, OLDER)]
    return replace(model, {name: unit() for name in old})


def apply(recipe: Recipe, unit: Part = UNIT) -> Recipe:
    """Return the recipe with another unit instead of ReLU, sigmoid and tanh.

    Raises:
        NotApplicable: If the network has none of them as a module.
    """
    if not any(isinstance(module, OLDER) for module in untrained(recipe).modules()):
        raise NotApplicable("the network has no module that is a ReLU, a sigmoid or a tanh.")
    return recipe.plus(start=Part(exchange, unit=unit))


FIVE_LAYERS = deep().set_model(widths=(64,) * 5)
SIGMOID = FIVE_LAYERS.set_model(activation=Part(nn.Sigmoid))
SHALLOW = FIVE_LAYERS.set_model(widths=(64, 64))
RATES = (0.003, 0.0125, 0.05, 0.2, 0.8, 3.0)

EXPERIMENTS = (
    Experiment(
        question="Does GELU lower the training loss where sigmoid saturates?",
        setting="300 digits, 5 layers of 64, each started by the rule for its unit, SGD at its best"
        " rate, batches of 30, 300 steps",
        control=with_xavier(SIGMOID),
        treatment=with_kaiming(apply(SIGMOID)),
        control_name="sigmoid",
        treatment_name="GELU",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does GELU lower the training loss of a shallow network of ReLUs?",
        setting="300 digits, 2 layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=SHALLOW,
        treatment=apply(SHALLOW),
        control_name="ReLU",
        treatment_name="GELU",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
)
