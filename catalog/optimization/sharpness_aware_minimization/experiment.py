"""Does sharpness-aware minimization help where few examples, or wrong ones, are learnt by heart?"""

from __future__ import annotations

from typing import Any

import torch

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few, noisy
from catalog.optimization.sharpness_aware_minimization.reference import SAM


def wrapped(params: Any, lr: float, base: Part, rho: float) -> SAM:
    """Make the base optimizer and put SAM around it."""
    return SAM(base(params, lr=lr), rho)


def apply(recipe: Recipe, rho: float = 0.05) -> Recipe:
    """Return the recipe with SAM around its optimizer."""
    return recipe.replace(optimizer=Part(wrapped, base=recipe.optimizer, rho=rho))


MOMENTUM = Part(torch.optim.SGD, momentum=0.9)
FEW = few().replace(optimizer=MOMENTUM, lr=0.03, batch_size=20, epochs=60, evaluate_every=60)
NOISY = noisy().replace(optimizer=MOMENTUM, lr=0.03)

EXPERIMENTS = (
    Experiment(
        question="Does SAM lower the validation loss of a net that overfits few examples?",
        setting="100 digits, 64-128-128-10, SGD with momentum 0.03, batches of 20, 300 steps",
        control=FEW,
        treatment=apply(FEW),
        control_name="momentum",
        treatment_name="SAM 0.05",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does SAM lower the validation loss where 30 % of the labels are wrong?",
        setting="400 digits, 30 % wrong labels, 64-128-128-10, SGD with momentum 0.03, 600 steps",
        control=NOISY,
        treatment=apply(NOISY),
        control_name="momentum",
        treatment_name="SAM 0.05",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
