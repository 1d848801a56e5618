"""Does label smoothing help a classifier that learns few examples by heart?"""

from __future__ import annotations

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few
from catalog.loss.label_smoothing.reference import smoothed_cross_entropy


def apply(recipe: Recipe, smoothing: float = 0.1) -> Recipe:
    """Return the recipe with smoothed targets.

    Raises:
        NotApplicable: If the recipe trains another loss than the plain cross-entropy.
    """
    if recipe.loss is not None:
        raise NotApplicable(f"it smooths the plain cross-entropy, and {recipe.loss.name} is used.")
    if recipe.peek().task != "classification":
        raise NotApplicable("it smooths class labels, and the targets are numbers.")
    return recipe.replace(loss=Part(smoothed_cross_entropy, smoothing=smoothing))


EXPERIMENTS = (
    Experiment(
        question="Does smoothing by 0.1 lower the validation loss of a net that overfits?",
        setting="100 digits, 64-128-128-10, Adam at its best rate, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="hard labels",
        treatment_name="smoothing 0.1",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-4, 3e-4, 1e-3, 3e-3),
    ),
)
