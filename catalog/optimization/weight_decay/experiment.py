"""Does weight decay help against wrong labels, and is it the L2 penalty by another name?"""

from __future__ import annotations

import math
from typing import Any

import torch

from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Claim,
    Experiment,
)
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import ADAM, SGD, noisy, short
from catalog.lab.train import train
from catalog.loss.l2_penalty.experiment import apply as with_l2
from catalog.optimization.weight_decay.reference import add_weight_decay


def decaying(
    parameters: Any, lr: float, base: Part, weight_decay: float, min_dim: int
) -> torch.optim.Optimizer:
    """Return another optimizer, with decay."""
    optimizer: torch.optim.Optimizer = base(parameters, lr=lr)
    return add_weight_decay(optimizer, weight_decay, min_dim)


def halving(recipe: Recipe) -> float:
    """Return the decay by which a weight that nothing renews loses half of it in a run."""
    batch = recipe.batch_size or len(recipe.peek().train)
    steps = recipe.epochs * max(1, len(recipe.peek().train) // (batch * recipe.accumulate))
    return math.log(2) / (recipe.lr * steps)


def apply(recipe: Recipe, weight_decay: float | None = None, min_dim: int = 2) -> Recipe:
    """Return the recipe with decay added to its optimizer, whichever that is.

    Args:
        recipe: Any.
        weight_decay: Shrinkage per unit of learning rate and step; None for one that suits the
            length and the rate of the run: a weight that nothing renews loses half of itself.
        min_dim: Dimensions that a parameter must have to decay.
    """
    strength = halving(recipe) if weight_decay is None else weight_decay
    optimizer = Part(decaying, base=recipe.optimizer, weight_decay=strength, min_dim=min_dim)
    return recipe.replace(optimizer=optimizer)


def gap(seed: int, optimizer: Part, lr: float) -> dict[str, float]:
    """Return the distance between the weights with an L2 penalty and with decay, of their size."""
    recipe = short().replace(optimizer=optimizer, lr=lr, seed=seed)
    ends = [
        torch.cat([p.detach().flatten() for p in train(run).model.parameters()])
        for run in (with_l2(recipe, weight=0.1), apply(recipe, weight_decay=0.1, min_dim=0))
    ]
    return {"gap": float((ends[0] - ends[1]).norm() / ends[0].norm())}


EXPERIMENTS = (
    Experiment(
        question="Does decay lower the validation loss of a net that learns wrong labels by heart?",
        setting="400 digits, 30 % of labels wrong, 64-128-128-10, Adam 0.001, 60 epochs",
        control=noisy(),
        treatment=apply(noisy()),
        control_name="no decay",
        treatment_name="decay that halves",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Do decay and an L2 penalty of one strength part in Adam, as they do not in SGD?",
        setting="300 digits, 64-128-128-10, 100 steps, strength 0.1, SGD 0.1 or Adam 0.001",
        control=Part(gap, optimizer=SGD, lr=0.1),
        treatment=Part(gap, optimizer=ADAM, lr=1e-3),
        control_name="SGD",
        treatment_name="Adam",
        claims=(Claim("neither", "gap", lower_is_better=False),),
    ),
    Experiment(
        question="Does a decay of 1 let plain SGD lower the training loss?",
        setting="300 digits, 64-128-128-10, SGD 0.1, batches of 30, 100 steps",
        control=short(),
        treatment=apply(short(), weight_decay=1.0),
        control_name="no decay",
        treatment_name="decay 1",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
