"""Does RAdam help where Adam starts too fast, and where it does not?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import rows, short
from catalog.optimization.adam.experiment import apply as with_adam
from catalog.optimization.radam.reference import RAdam


def apply(recipe: Recipe, lr: float = 1e-3) -> Recipe:
    """Return the recipe with RAdam as its optimizer, at a learning rate that suits Adam."""
    return recipe.replace(optimizer=Part(RAdam), lr=lr)


TOO_FAST = 0.03

EXPERIMENTS = (
    Experiment(
        question="Does RAdam lower the training loss at a rate too high for Adam's first steps?",
        setting="transformer on the rows of 300 digits, batches of 30, 200 steps, rate 0.03",
        control=with_adam(rows(), lr=TOO_FAST),
        treatment=apply(rows(), lr=TOO_FAST),
        control_name="Adam",
        treatment_name="RAdam",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it where Adam has its best rate, and few steps to take?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=with_adam(short()),
        treatment=apply(short()),
        control_name="Adam",
        treatment_name="RAdam",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3),
    ),
)
