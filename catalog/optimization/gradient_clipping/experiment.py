"""Does clipping help a recurrent run whose rate is too high, and one whose rate is tuned?"""

from __future__ import annotations

import torch

from catalog.lab.data import adding
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import rnn
from catalog.lab.recipe import Part, Recipe
from catalog.optimization.gradient_clipping.reference import clip_by_norm


def apply(recipe: Recipe, max_norm: float = 1.0) -> Recipe:
    """Return the recipe with gradients clipped to a joint norm of at most `max_norm`."""
    return recipe.plus(gradients=Part(clip_by_norm, max_norm=max_norm))


RECURRENT = Recipe(
    data=Part(adding, length=8),
    model=Part(rnn, gain=1.5),
    optimizer=Part(torch.optim.SGD, momentum=0.9),
    lr=0.1,
    epochs=40,
    batch_size=32,
    evaluate_every=40,
)

EXPERIMENTS = (
    Experiment(
        question="Does clipping the norm to 1 lower the training loss where the rate is too high?",
        setting="adding task, 8 steps, tanh network of gain 1.5, SGD with momentum 0.1",
        control=RECURRENT,
        treatment=apply(RECURRENT),
        control_name="no clipping",
        treatment_name="norm 1",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it, when each arm has the rate that suits it?",
        setting="adding task, 8 steps, tanh network of gain 1.5, SGD with momentum, best rates",
        control=RECURRENT,
        treatment=apply(RECURRENT),
        control_name="no clipping",
        treatment_name="norm 1",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.01, 0.03, 0.1, 0.3),
    ),
)
