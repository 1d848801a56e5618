"""Does CutMix help where images are few, and where labels are wrong?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.loss.cutmix.reference import cutmix
from catalog.loss.image_augmentation.experiment import fitted, image_data
from catalog.loss.mixup.experiment import data_with_soft_targets


def augment(
    x: Tensor, y: Tensor, generator: torch.Generator, classes: int, alpha: float, p: float
) -> tuple[Tensor, Tensor]:
    """Paste boxes within a batch."""
    return cutmix(x, y, classes, alpha, p, generator)


def apply(recipe: Recipe, alpha: float = 1.0, p: float = 1.0) -> Recipe:
    """Return the recipe with boxes of other images in every training image.

    Raises:
        NotApplicable: If the inputs are no images, or the targets cannot be mixed.
    """
    classes = data_with_soft_targets(recipe).outputs
    image_data(recipe)
    return recipe.plus(augmentation=Part(augment, classes=classes, alpha=alpha, p=p))


def mislabelled() -> Recipe:
    """Return a run on 200 images of which three labels in ten are wrong."""
    return fitted(200).set_data(label_noise=0.3)


EXPERIMENTS = (
    Experiment(
        question="Does CutMix lower the validation loss where images are few?",
        setting="200 digits of 8x8 pixels, small CNN, Adam 0.003, 320 steps",
        control=fitted(200),
        treatment=apply(fitted(200)),
        control_name="whole images",
        treatment_name="CutMix, alpha 1",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it help where three labels in ten are wrong?",
        setting="the same, with 30 % wrong labels",
        control=mislabelled(),
        treatment=apply(mislabelled()),
        control_name="whole images",
        treatment_name="CutMix, alpha 1",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
