"""Does confidence on unlabelled images help, alone and beside agreement?"""

from __future__ import annotations

from torch import Tensor, nn

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few_labels
from catalog.lab.train import Batch
from catalog.loss.consistency_regularization.experiment import apply as ask_for_consistency
from catalog.loss.consistency_regularization.experiment import shifted_labels
from catalog.loss.entropy_minimization.reference import entropy_loss
from catalog.loss.semi_supervised_learning.experiment import draw_unlabelled, semi_supervised_data
from catalog.loss.semi_supervised_learning.reference import ramp_up


def term(model: nn.Module, batch: Batch, weight: float, ramp: float, count: int) -> Tensor:
    """Return the weighted entropy on unlabelled inputs."""
    x = draw_unlabelled(batch, count)
    return entropy_loss(model(x), weight * ramp_up(batch.progress, ramp))


def apply(recipe: Recipe, weight: float = 1.0, ramp: float = 0.3, count: int = 64) -> Recipe:
    """Return the recipe with the entropy of unlabelled predictions in its loss.

    Args:
        recipe: What to change.
        weight: Weight of the term after its ramp.
        ramp: Share of the run over which the weight rises.
        count: Unlabelled inputs a step.

    Raises:
        NotApplicable: If there are no classes, no unlabelled inputs, or no real numbers.
    """
    semi_supervised_data(recipe)
    return recipe.plus(regularization=Part(term, weight=weight, ramp=ramp, count=count))


EXPERIMENTS = (
    Experiment(
        question="Does asking for confident predictions on unlabelled images lower the loss?",
        setting="30 labelled and 869 unlabelled digits, small CNN, Adam 0.003, 200 steps",
        control=few_labels(),
        treatment=apply(few_labels()),
        control_name="labels only",
        treatment_name="entropy term",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it help beside a consistency term?",
        setting="the same, with a Π-model and shifts of a pixel in both arms",
        control=ask_for_consistency(shifted_labels()),
        treatment=apply(ask_for_consistency(shifted_labels())),
        control_name="consistency",
        treatment_name="and entropy",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
