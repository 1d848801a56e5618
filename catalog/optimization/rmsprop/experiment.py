"""Does RMSprop lower the training loss, and does it come to rest?"""

from __future__ import annotations

import math

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.surfaces import ROSENBROCK, arrivals
from catalog.lab.tasks import short, valley
from catalog.lab.train import Fit
from catalog.optimization.adagrad.reference import Adagrad
from catalog.optimization.rmsprop.reference import RMSprop


def apply(recipe: Recipe, lr: float = 1e-3) -> Recipe:
    """Return the recipe with RMSprop, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(RMSprop), lr=lr)


# The average has to forget the way down first, which takes it more than a thousand steps.
ROUND = valley(curvatures=(1.0, 1.0)).replace(lr=0.01, epochs=2000, evaluate_every=2000)


def unrest(fit: Fit) -> dict[str, float]:
    """Return the greatest distance from the bottom in the second half of the run.

    It is a share of the distance at the start; the loss of a round bowl is half its square.
    """
    loss = fit.history.series["loss"].value
    return {"later_distance": math.sqrt(loss[len(loss) // 2 :].max() / loss[0])}


STEP_SIZES = (1e-3, 1e-2, 0.1, 1.0, 10.0)

EXPERIMENTS = (
    Experiment(
        question="Does RMSprop reach a lower training loss than plain SGD in 100 steps?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=short(),
        treatment=apply(short()),
        control_name="SGD",
        treatment_name="RMSprop",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0),
    ),
    Experiment(
        question="Long after it reached the bottom of a round bowl, does it rest there?",
        setting="a quadratic bowl in two weights, curvatures 1 and 1, 2000 steps, rate 0.01;"
        " greatest distance in the second half",
        control=ROUND,
        treatment=apply(ROUND, lr=ROUND.lr),
        control_name="gradient descent",
        treatment_name="RMSprop",
        claims=(Claim("optimization", "later_distance"),),
        metrics=unrest,
    ),
    Experiment(
        question="On the Rosenbrock function, does it get nearer to the bottom than Adagrad?",
        setting="20 random starts a seed, 500 steps, best rate of each",
        control=Part(arrivals, surface=ROSENBROCK, optimizer=Part(Adagrad), rates=STEP_SIZES),
        treatment=Part(arrivals, surface=ROSENBROCK, optimizer=Part(RMSprop), rates=STEP_SIZES),
        control_name="Adagrad",
        treatment_name="RMSprop",
        claims=(Claim("neither", "distance"),),
        seeds=(0, 1, 2, 3, 4),
    ),
)
