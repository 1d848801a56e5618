"""Does a falling rate lower the training loss where the steps' noise holds it up?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.optimization.learning_rate_decay.reference import linear_decay, step_decay


def apply(recipe: Recipe, end_factor: float = 0.0) -> Recipe:
    """Return the recipe with a rate that falls in a straight line, from its rate to a share of it.

    Args:
        recipe: What is changed.
        end_factor: That share.
    """
    return recipe.replace(schedule=Part(linear_decay, end_factor=end_factor))


LOW = jittery().replace(lr=0.02)
SETTING = "320 digits, 64-128-128-10, SGD, batches of 8, 400 steps"
LR_GRID = (0.1, 0.2, 0.4, 0.8)

EXPERIMENTS = (
    Experiment(
        question="Does a linear decay lower the training loss of a run that jitters?",
        setting=f"{SETTING}, best rate of each",
        control=jittery(),
        treatment=apply(jittery()),
        control_name="constant rate",
        treatment_name="linear decay",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does it also help where the rate is what limits progress?",
        setting=f"{SETTING}, rate 0.02",
        control=LOW,
        treatment=apply(LOW),
        control_name="constant rate",
        treatment_name="linear decay",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does a fall to a tenth at half and at three quarters of the run do as well?",
        setting=f"{SETTING}, best rate of each",
        control=apply(jittery()),
        treatment=jittery().replace(schedule=Part(step_decay)),
        control_name="linear decay",
        treatment_name="step decay",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
