"""Does NAdam improve on Adam, at its best rate and at its default?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.optimization.adam.experiment import apply as with_adam
from catalog.optimization.nadam.reference import NAdam


def apply(recipe: Recipe, lr: float = 2e-3) -> Recipe:
    """Return the recipe with NAdam as its optimizer, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(NAdam), lr=lr)


EXPERIMENTS = (
    Experiment(
        question="Does NAdam reach a lower training loss than Adam in 100 steps?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=with_adam(short()),
        treatment=apply(short()),
        control_name="Adam",
        treatment_name="NAdam",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1),
    ),
    Experiment(
        question="Does it at the default rates of PyTorch, of which its own is twice Adam's?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, rates 0.001 and 0.002",
        control=with_adam(short(), lr=1e-3),
        treatment=apply(short(), lr=2e-3),
        control_name="Adam 0.001",
        treatment_name="NAdam 0.002",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it at one rate for both?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, rate 0.002",
        control=with_adam(short(), lr=2e-3),
        treatment=apply(short(), lr=2e-3),
        control_name="Adam 0.002",
        treatment_name="NAdam 0.002",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
