"""Does RandAugment help where images are few, and how strong may it be?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.loss.image_augmentation.experiment import fitted, image_data
from catalog.loss.randaugment.reference import randaugment


def augment(
    x: Tensor,
    y: Tensor,
    generator: torch.Generator,
    num_ops: int,
    magnitude: float,
    limits: tuple[float, float],
) -> tuple[Tensor, Tensor]:
    """Alter a batch; the targets stay."""
    return randaugment(x, num_ops, magnitude, limits, generator), y


def apply(recipe: Recipe, num_ops: int = 2, magnitude: float = 9) -> Recipe:
    """Return the recipe with drawn operations on every training image.

    Raises:
        NotApplicable: If the inputs are no images, or smaller than three pixels.
    """
    data = image_data(recipe)
    if min(data.inputs[1:]) < 3:
        raise NotApplicable("it needs images of at least three rows and columns.")
    limits = float(data.train.x.min()), float(data.train.x.max())
    part = Part(augment, num_ops=num_ops, magnitude=magnitude, limits=limits)
    return recipe.plus(augmentation=part)


EXPERIMENTS = (
    Experiment(
        question="Does RandAugment lower the validation loss where images are few?",
        setting="100 digits, small CNN, Adam 0.003, 320 steps; 2 operations at strength 9 of 30",
        control=fitted(),
        treatment=apply(fitted()),
        control_name="images as they are",
        treatment_name="RandAugment",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it help a small network at full strength?",
        setting="the same, at strength 30 of 30",
        control=fitted(),
        treatment=apply(fitted(), magnitude=30),
        control_name="images as they are",
        treatment_name="strength 30",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
