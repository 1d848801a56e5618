"""Does momentum lower the training loss, and what does it do to a rate already at the limit?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.surfaces import RASTRIGIN, arrivals
from catalog.lab.tasks import short
from catalog.optimization.momentum.reference import Momentum
from catalog.optimization.rmsprop.reference import RMSprop


def apply(
    recipe: Recipe, lr: float = 0.01, momentum: float = 0.9, averaged: bool = False
) -> Recipe:
    """Return the recipe with momentum, at a learning rate that suits its sum of gradients."""
    return recipe.replace(optimizer=Part(Momentum, momentum=momentum, averaged=averaged), lr=lr)


NEAR_THE_LIMIT = 0.5

RATES = (1e-3, 1e-2, 0.1, 1.0, 10.0)
MOMENTUM = Part(Momentum, momentum=0.9)
RMSPROP = Part(RMSprop)
ARRIVED = Claim("neither", "arrived", lower_is_better=False)

EXPERIMENTS = (
    Experiment(
        question="Does momentum reach a lower training loss than plain SGD in 100 steps?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=short(),
        treatment=apply(short()),
        control_name="SGD",
        treatment_name="momentum 0.9",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0),
    ),
    Experiment(
        question="Does it still, if a high rate of plain SGD is kept for its longer steps?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, rate 0.5",
        control=short().replace(lr=NEAR_THE_LIMIT),
        treatment=apply(short(), lr=NEAR_THE_LIMIT),
        control_name="SGD",
        treatment_name="momentum 0.9, the same rate",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it still, if the same rate is kept for the average of the gradients?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, rate 0.5",
        control=short().replace(lr=NEAR_THE_LIMIT),
        treatment=apply(short(), lr=NEAR_THE_LIMIT, averaged=True),
        control_name="SGD",
        treatment_name="averaged momentum 0.9, the same rate",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="On the Rastrigin function, does it arrive at the bottom from more starts?",
        setting="20 random starts a seed, 500 steps, best rate of each",
        control=Part(arrivals, surface=RASTRIGIN, optimizer=RMSPROP, rates=RATES),
        treatment=Part(arrivals, surface=RASTRIGIN, optimizer=MOMENTUM, rates=RATES),
        control_name="RMSprop",
        treatment_name="momentum 0.9",
        claims=(ARRIVED,),
        seeds=(0, 1, 2, 3, 4),
    ),
    Experiment(
        question="Does it, if the rate of both is brought down to zero on the way?",
        setting="20 random starts a seed, 500 steps, rate falling in a line from the best of each",
        control=Part(arrivals, surface=RASTRIGIN, optimizer=RMSPROP, rates=RATES, decays=True),
        treatment=Part(arrivals, surface=RASTRIGIN, optimizer=MOMENTUM, rates=RATES, decays=True),
        control_name="RMSprop",
        treatment_name="momentum 0.9",
        claims=(ARRIVED,),
        seeds=(0, 1, 2, 3, 4),
    ),
)
