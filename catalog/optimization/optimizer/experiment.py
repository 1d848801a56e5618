"""Do optimizers that use the past gradients find a lower training loss, and at what price?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import nn

from catalog.lab.data import Data, Split
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.models import linear
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, at_origin, short
from catalog.lab.train import Fit, predict
from catalog.optimization.adagrad.experiment import apply as adagrad
from catalog.optimization.adam.experiment import apply as adam
from catalog.optimization.adamw.experiment import apply as adamw
from catalog.optimization.momentum.experiment import apply as momentum
from catalog.optimization.nadam.experiment import apply as nadam
from catalog.optimization.nesterov_momentum.experiment import apply as nesterov_momentum
from catalog.optimization.radam.experiment import apply as radam
from catalog.optimization.rmsprop.experiment import apply as rmsprop

MEMBERS: Mapping[str, Callable[[Recipe], Recipe]] = {
    "adagrad": adagrad,
    "adam": adam,
    "adamw": adamw,
    "momentum": momentum,
    "nadam": nadam,
    "nesterov-momentum": nesterov_momentum,
    "radam": radam,
    "rmsprop": rmsprop,
}
"""The family, at learning rates that suit each."""


def apply(recipe: Recipe, member: str = "adam") -> Recipe:
    """Return the recipe with an optimizer of the family, by its name in `MEMBERS`."""
    return MEMBERS[member](recipe)


def plateau() -> Recipe:
    """Return a deep sigmoid network, whose gradients fade on their way back."""
    deep = short(300).set_model(widths=(64,) * 4, activation=Part(nn.Sigmoid))
    return deep.replace(evaluate_every=30)


def misleading(seed: int, n_train: int = 60, n_val: int = 500, positive: float = 0.7) -> Data:
    """Return examples of which one feature tells the class, two are useless, and some are unique.

    Source: Wilson et al., 2017, https://arxiv.org/abs/1705.08292, section 3.3. Targets are 1 and
    -1. Feature 1 is the target and features 2 and 3 are always 1. Each example has features of its
    own, that no other has: one if its target is 1, else five.
    """
    n = n_train + n_val
    rng = np.random.default_rng([seed, 29])
    y = np.where(rng.random(n) < positive, 1.0, -1.0)
    x = np.zeros((n, 3 + 5 * n), dtype=np.float32)
    x[:, 0] = y
    x[:, 1:3] = 1.0
    for i in range(n):
        start = 3 + 5 * i
        x[i, start : start + (1 if y[i] > 0 else 5)] = 1.0
    targets = torch.from_numpy(y.astype(np.float32))[:, None]
    inputs = torch.from_numpy(x)
    return Data(
        "regression",
        Split(inputs[:n_train], targets[:n_train]),
        Split(inputs[n_train:], targets[n_train:]),
        1,
    )


def least_squares() -> Recipe:
    """Return a linear model that fits the misleading data exactly, from zero weights."""
    return Recipe(
        data=Part(misleading),
        model=Part(linear, bias=False),
        optimizer=SGD,
        lr=0.2,
        epochs=1500,
        start=(Part(at_origin),),
        evaluate_every=1500,
    )


def error(fit: Fit) -> dict[str, float]:
    """Return the share of the validation examples that get the wrong sign."""
    outputs = predict(fit.model, fit.data.val.x)
    return {"val_error": float((outputs.sign() != fit.data.val.y).double().mean())}


EXPERIMENTS = (
    Experiment(
        question="Does Adam bring a deep sigmoid net down from the plateau that SGD stays on?",
        setting="300 digits, 4 sigmoid layers of 64, batches of 30, 300 steps, best rate of each",
        control=plateau(),
        treatment=apply(plateau()),
        control_name="SGD",
        treatment_name="Adam",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0),
    ),
    Experiment(
        question="Does a step size for each parameter add to what momentum gains?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=apply(short(), "momentum"),
        treatment=apply(short(), "adam"),
        control_name="momentum",
        treatment_name="Adam",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3),
    ),
    Experiment(
        question="Where both fit exactly and rare features mislead, does Adam err less?",
        setting="60 examples of Wilson's construction, linear, 1500 full-batch steps from zero",
        control=least_squares(),
        treatment=apply(least_squares()).replace(lr=0.01),
        control_name="gradient descent",
        treatment_name="Adam",
        claims=(Claim("generalization", "val_error"),),
        metrics=error,
    ),
)
