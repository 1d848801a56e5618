"""Do warm restarts lower the training loss, against a constant rate and against a single decay?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.optimization.cosine_schedule.experiment import apply as apply_cosine
from catalog.optimization.warm_restarts.reference import warm_restarts


def apply(recipe: Recipe, cycles: int = 3, multiplier: int = 2) -> Recipe:
    """Return the recipe with its rate as the peak of cosine cycles that fill the run."""
    return recipe.replace(schedule=Part(warm_restarts, cycles=cycles, multiplier=multiplier))


SETTING = "320 digits, 64-128-128-10, SGD, batches of 8, 400 steps, best peak rate of each"
LR_GRID = (0.1, 0.2, 0.4, 0.8)

EXPERIMENTS = (
    Experiment(
        question="Do warm restarts lower the training loss of a run that jitters?",
        setting=f"{SETTING}, 3 cycles",
        control=jittery(),
        treatment=apply(jittery()),
        control_name="constant rate",
        treatment_name="warm restarts",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Do they end lower than a single decay of the same length?",
        setting=f"{SETTING}, 3 cycles",
        control=apply_cosine(jittery()),
        treatment=apply(jittery()),
        control_name="single cosine",
        treatment_name="warm restarts",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
