"""Does Adam lower the training loss? Both arms take few steps, each at its own best rate."""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.optimization.adam.reference import Adam


def apply(recipe: Recipe, lr: float = 1e-3) -> Recipe:
    """Return the recipe with Adam as its optimizer, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(Adam), lr=lr)


EXPERIMENTS = (
    Experiment(
        question="Does Adam reach a lower training loss than plain SGD in 100 steps?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=short(),
        treatment=apply(short()),
        control_name="SGD",
        treatment_name="Adam",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0),
    ),
)
