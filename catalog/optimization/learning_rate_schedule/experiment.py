"""Does a rate that rises and then falls lower the training loss? Each arm at its own best peak."""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.optimization.cosine_schedule.reference import cosine
from catalog.optimization.learning_rate_schedule.reference import in_phases
from catalog.optimization.learning_rate_warm_up.reference import linear_warm_up


def apply(recipe: Recipe, warm_up: float = 0.1, start_factor: float = 0.01) -> Recipe:
    """Return the recipe with its rate as the peak of a linear rise and a fall along a cosine."""
    rise = Part(linear_warm_up, share=1.0, start_factor=start_factor)
    phases = ((warm_up, rise), (1 - warm_up, Part(cosine)))
    return recipe.replace(schedule=Part(in_phases, phases=phases))


SETTING = "320 digits, 64-128-128-10, SGD, batches of 8, 400 steps, best peak rate of each"
LR_GRID = (0.1, 0.2, 0.4, 0.8)

EXPERIMENTS = (
    Experiment(
        question="Does a rise and a fall lower the training loss of a run that jitters?",
        setting=SETTING,
        control=jittery(),
        treatment=apply(jittery()),
        control_name="constant rate",
        treatment_name="rise and fall",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does the rise add anything to the fall in a shallow network under plain SGD?",
        setting=SETTING,
        control=apply(jittery(), warm_up=0.0),
        treatment=apply(jittery()),
        control_name="fall",
        treatment_name="rise and fall",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
