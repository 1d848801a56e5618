"""Does a decay in the last fifth of a run lower the training loss, as far as a cosine does?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.optimization.cosine_schedule.experiment import apply as apply_cosine
from catalog.optimization.warmup_stable_decay.reference import Shape, warmup_stable_decay


def apply(
    recipe: Recipe, warm_up: float = 0.05, decay: float = 0.2, shape: Shape = "linear"
) -> Recipe:
    """Return the recipe with its rate as the level between a rise and a fall."""
    schedule = Part(warmup_stable_decay, warm_up=warm_up, decay=decay, shape=shape)
    return recipe.replace(schedule=schedule)


SETTING = "320 digits, 64-128-128-10, SGD, batches of 8, 400 steps, best peak rate of each"
LR_GRID = (0.1, 0.2, 0.4, 0.8)

EXPERIMENTS = (
    Experiment(
        question="Does warmup-stable-decay lower the training loss of a run that jitters?",
        setting=SETTING,
        control=jittery(),
        treatment=apply(jittery()),
        control_name="constant rate",
        treatment_name="warmup-stable-decay",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does it end lower than a cosine schedule of the same length?",
        setting=SETTING,
        control=apply_cosine(jittery()),
        treatment=apply(jittery()),
        control_name="cosine",
        treatment_name="warmup-stable-decay",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
