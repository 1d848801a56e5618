"""Do a network's own confident labels help it, and what if it hardly knows the classes?"""

from __future__ import annotations

from torch import Tensor, nn

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few_labels
from catalog.lab.train import Batch
from catalog.loss.pseudo_labels.reference import pseudo_label_loss
from catalog.loss.semi_supervised_learning.experiment import draw_unlabelled, semi_supervised_data
from catalog.loss.semi_supervised_learning.reference import ramp_up


def term(
    model: nn.Module, batch: Batch, weight: float, threshold: float, ramp: float, count: int
) -> Tensor:
    """Return the weighted loss on unlabelled inputs with the network's own labels."""
    loss = pseudo_label_loss(model(draw_unlabelled(batch, count)), threshold)
    return weight * ramp_up(batch.progress, ramp) * loss


def apply(
    recipe: Recipe,
    weight: float = 1.0,
    threshold: float = 0.95,
    ramp: float = 0.3,
    count: int = 64,
) -> Recipe:
    """Return the recipe with pseudo-labels on its unlabelled inputs.

    Args:
        recipe: What to change.
        weight: Weight of the term after its ramp.
        threshold: Confidence from which a prediction is a label.
        ramp: Share of the run over which the weight rises.
        count: Unlabelled inputs a step.

    Raises:
        NotApplicable: If there are no classes, no unlabelled inputs, or no real numbers.
    """
    semi_supervised_data(recipe)
    part = Part(term, weight=weight, threshold=threshold, ramp=ramp, count=count)
    return recipe.plus(regularization=part)


EXPERIMENTS = (
    Experiment(
        question="Do pseudo-labels on unlabelled images lower the validation loss?",
        setting="30 labelled and 869 unlabelled digits, small CNN, Adam 0.003, 200 steps",
        control=few_labels(),
        treatment=apply(few_labels()),
        control_name="labels only",
        treatment_name="pseudo-labels",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Do they help a network that has seen one example of each class?",
        setting="10 labelled and 889 unlabelled digits, small CNN, Adam 0.003, 200 steps",
        control=few_labels(10),
        treatment=apply(few_labels(10)),
        control_name="labels only",
        treatment_name="pseudo-labels",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
