"""Does a preference for smooth functions help a net that overfits, and can it be too strong?"""

from __future__ import annotations

from torch import Tensor, nn

from catalog.lab.experiment import LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few
from catalog.lab.train import Batch
from catalog.loss.l2_penalty.experiment import apply as prefer_small
from catalog.loss.l2_penalty.experiment import few_sgd
from catalog.loss.regularization.reference import roughness


def on_slope(model: nn.Module, batch: Batch, weight: float) -> Tensor:
    """Return the penalty on the slope of the outputs at a batch's inputs."""
    return roughness(model, batch.x, weight, batch.generator)


def apply(recipe: Recipe, weight: float = 1e-3) -> Recipe:
    """Return the recipe with a preference for smooth functions added to its loss.

    Raises:
        NotApplicable: If the inputs are no continuous numbers.
    """
    if not recipe.peek().train.x.is_floating_point():
        raise NotApplicable("the slope is taken in the inputs, and they are no continuous numbers.")
    return recipe.plus(regularization=Part(on_slope, weight=weight))


EXPERIMENTS = (
    Experiment(
        question="Does a penalty on the slope lower the validation loss of a net that overfits?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="no penalty",
        treatment_name="slope 0.001",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
    Experiment(
        question="Does a penalty that is too strong, on the weights, lower it?",
        setting="100 digits, 64-128-128-10, SGD 0.3, 300 full-batch steps",
        control=few_sgd(),
        treatment=prefer_small(few_sgd(), weight=1.0),
        control_name="no penalty",
        treatment_name="L2 1.0",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
