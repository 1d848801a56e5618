"""Does a cosine schedule lower the training loss, and what if it was planned for another length?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.optimization.cosine_schedule.reference import cosine


def apply(recipe: Recipe, end_factor: float = 0.0, length: float = 1.0) -> Recipe:
    """Return the recipe with a rate that falls along a cosine, from its rate to a share of it.

    Args:
        recipe: What is changed.
        end_factor: That share.
        length: The steps of the fall, as a share of the run.
    """
    return recipe.replace(schedule=Part(cosine, end_factor=end_factor, length=length))


SETTING = "320 digits, 64-128-128-10, SGD, batches of 8, 400 steps, best peak rate of each"
LR_GRID = (0.1, 0.2, 0.4, 0.8)

EXPERIMENTS = (
    Experiment(
        question="Does a cosine schedule lower the training loss of a run that jitters?",
        setting=SETTING,
        control=jittery(),
        treatment=apply(jittery()),
        control_name="constant rate",
        treatment_name="cosine",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does a schedule of the run's length beat one planned for four times as many?",
        setting=SETTING,
        control=apply(jittery(), length=4.0),
        treatment=apply(jittery()),
        control_name="planned for 1,600 steps",
        treatment_name="planned for 400 steps",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
