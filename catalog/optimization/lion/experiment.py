"""Does Lion lower the training loss in few steps, against Adam and against plain SGD?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.optimization.adam.experiment import apply as with_adam
from catalog.optimization.lion.reference import Lion


def apply(recipe: Recipe, lr: float = 3e-4, weight_decay: float = 0.0) -> Recipe:
    """Return the recipe with Lion as its optimizer, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(Lion, weight_decay=weight_decay), lr=lr)


SETTING = "300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each"
LR_GRID = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)

EXPERIMENTS = (
    Experiment(
        question="Does Lion reach a lower training loss than Adam in 100 steps?",
        setting=SETTING,
        control=with_adam(short()),
        treatment=apply(short()),
        control_name="Adam",
        treatment_name="Lion",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID[:6],
    ),
    Experiment(
        question="Does Lion reach a lower training loss than plain SGD in 100 steps?",
        setting=SETTING,
        control=short(),
        treatment=apply(short()),
        control_name="SGD",
        treatment_name="Lion",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
