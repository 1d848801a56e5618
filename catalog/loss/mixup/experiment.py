"""Does mixup help a classifier with wrong labels, and one with few right ones?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few, noisy
from catalog.loss.mixup.reference import mixup


def data_with_soft_targets(recipe: Recipe) -> Data:
    """Return the recipe's data, whose targets may become probabilities.

    Raises:
        NotApplicable: If the targets are numbers, or the recipe's loss takes class numbers only.
    """
    data = recipe.peek()
    if data.task != "classification":
        raise NotApplicable("it mixes class labels, and the targets are numbers.")
    if recipe.loss is not None:
        half = torch.full((2, data.outputs), 1 / data.outputs)
        try:
            recipe.loss(torch.zeros(2, data.outputs), half)
        except (RuntimeError, ValueError, IndexError, TypeError):
            raise NotApplicable(
                f"it mixes labels, and the loss {recipe.loss.name} takes whole ones only."
            ) from None
    return data


def augment(
    x: Tensor, y: Tensor, generator: torch.Generator, classes: int, alpha: float
) -> tuple[Tensor, Tensor]:
    """Mix a batch."""
    return mixup(x, y, classes, alpha, generator)


def apply(recipe: Recipe, alpha: float = 1.0) -> Recipe:
    """Return the recipe with mixed batches.

    Raises:
        NotApplicable: If the targets cannot be mixed, or the inputs are no real numbers.
    """
    data = data_with_soft_targets(recipe)
    if not data.train.x.is_floating_point():
        raise NotApplicable("it averages inputs, and the inputs are whole numbers.")
    return recipe.plus(augmentation=Part(augment, classes=data.outputs, alpha=alpha))


EXPERIMENTS = (
    Experiment(
        question="Does mixup lower the validation loss where three labels in ten are wrong?",
        setting="400 digits, 30 % wrong labels, 64-128-128-10, Adam at its best rate, 600 steps",
        control=noisy(),
        treatment=apply(noisy()),
        control_name="single examples",
        treatment_name="mixup, alpha 1",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-4, 3e-4, 1e-3, 3e-3),
    ),
    Experiment(
        question="Does mixup help where labels are few and right?",
        setting="100 digits, 64-128-128-10, Adam at its best rate, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="single examples",
        treatment_name="mixup, alpha 1",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-4, 3e-4, 1e-3, 3e-3),
    ),
)
