"""Do five networks predict better than one, and five that reach the same minimum?"""

from __future__ import annotations

import torch
from torch import nn

from catalog.architecture.ensembling.reference import Ensemble
from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import linear
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few
from catalog.lab.train import train

STRIDE = 1000
"""Apart are the seeds of an ensemble's members, so that ensembles of near seeds share none."""


def apply(recipe: Recipe, members: int = 5) -> Recipe:
    """Return the recipe whose network is averaged with further ones, trained from other seeds."""
    if members < 1:
        raise ValueError(f"members must be at least 1. Got {members}.")
    return recipe.plus(finish=Part(with_further_members, members=members))


def with_further_members(model: nn.Module, data: Data, recipe: Recipe, members: int) -> nn.Module:
    """Return the ensemble of a trained network and of others trained on the same data."""
    before = recipe.finish.index(Part(with_further_members, members=members))
    alone = recipe.replace(
        finish=recipe.finish[:before],
        # A seed also chooses what validates: a member must not be trained on that.
        data=Part(data_of_seed, data=recipe.data, data_seed=recipe.seed),
        evaluate_every=recipe.epochs,
    )
    device = data.train.x.device
    further = [
        train(alone.replace(seed=recipe.seed + STRIDE * nth), device).model
        for nth in range(1, members)
    ]
    return Ensemble(
        [model, *further], "probabilities" if data.task == "classification" else "outputs"
    )


def data_of_seed(seed: int, data: Part, data_seed: int) -> Data:  # noqa: ARG001
    """Return the data of one seed, whatever the seed of the run."""
    same: Data = data(data_seed)
    return same


LOGISTIC = few().replace(
    model=Part(linear),
    # Digits can be told apart without error: the penalty gives the loss its one minimum.
    optimizer=Part(torch.optim.Adam, weight_decay=1e-3),
    lr=0.03,
    epochs=500,
    evaluate_every=500,
)

EXPERIMENTS = (
    Experiment(
        question="Does an ensemble of five lower the validation loss of a net that overfits?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps each",
        control=few(),
        treatment=apply(few()),
        control_name="one network",
        treatment_name="five networks",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it help members that all tend to one minimum?",
        setting="100 digits, logistic regression with an L2 penalty of 0.001, whose loss has one"
        " minimum; Adam 0.03, 500 full-batch steps each",
        control=LOGISTIC,
        treatment=apply(LOGISTIC),
        control_name="one network",
        treatment_name="five networks",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
