"""Does longer training lower the training loss, and what does it do to the validation loss?"""

from __future__ import annotations

from functools import partial

from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import noisy, short
from catalog.optimization.cosine_schedule.experiment import apply as apply_cosine
from catalog.optimization.longer_training.reference import held


def left_at_its_length(step: int, total_steps: int, schedule: Part, share: float) -> float:
    """Return the factor of a schedule that was planned for a share of the run, and then stays."""
    planned = max(1, round(share * total_steps))
    return held(partial(_factor, schedule=schedule, planned=planned), planned, total_steps)(step)


def _factor(step: float, schedule: Part, planned: int) -> float:
    return float(schedule(step, planned))


def apply(recipe: Recipe, factor: int = 2) -> Recipe:
    """Return the recipe with more epochs; its schedule, a function of the length, stretches.

    Args:
        recipe: What is changed.
        factor: How many times as many.
    """
    return recipe.replace(
        epochs=recipe.epochs * factor, evaluate_every=recipe.evaluate_every * factor
    )


SHORT = apply_cosine(short())
LEFT = apply(SHORT, factor=4).replace(
    schedule=Part(left_at_its_length, schedule=SHORT.schedule, share=0.25)
)
LR_GRID = (0.2, 0.4, 0.8, 1.6)
BRIEF = noisy().replace(epochs=15, evaluate_every=15)

EXPERIMENTS = (
    Experiment(
        question="Do four times as many steps lower the training loss of a short run?",
        setting="300 digits, 64-128-128-10, SGD with a cosine, batches of 30, best peak rate",
        control=SHORT,
        treatment=apply(SHORT, factor=4),
        control_name="100 steps",
        treatment_name="400 steps",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Is the schedule to be stretched with the run?",
        setting="300 digits, 64-128-128-10, SGD with a cosine, batches of 30, 400 steps, rate 0.1",
        control=LEFT,
        treatment=apply(SHORT, factor=4),
        control_name="planned for 100 steps",
        treatment_name="stretched",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does longer training lower the validation loss where labels are wrong?",
        setting="400 digits, 30% wrong labels, 64-128-128-10, Adam 0.001, batches of 40",
        control=BRIEF,
        treatment=apply(BRIEF, factor=4),
        control_name="150 steps",
        treatment_name="600 steps",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
