"""Does a blank square in each training image help, and does it help with hidden parts?"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from catalog.lab.data import Data, Split
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.loss.cutout.reference import cutout
from catalog.loss.image_augmentation.experiment import fitted, image_data


def augment(
    x: Tensor, y: Tensor, generator: torch.Generator, size: int, p: float, value: float
) -> tuple[Tensor, Tensor]:
    """Blank a square out of each image of a batch."""
    return cutout(x, size, p, value, generator), y


def apply(recipe: Recipe, share: float = 0.25, p: float = 1.0) -> Recipe:
    """Return the recipe with a square of the mean color in every training image.

    Args:
        recipe: What to change.
        share: Side of the square, as a share of the image's shorter side.
        p: Probability for each image.

    Raises:
        NotApplicable: If the inputs are no images.
    """
    x = image_data(recipe).train.x
    size = max(1, round(share * min(x.shape[-2:])))
    return recipe.plus(augmentation=Part(augment, size=size, p=p, value=float(x.mean())))


def hidden(seed: int, source: Part, size: int) -> Data:
    """Return data whose validation images have a black square somewhere."""
    data: Data = source(seed)
    x = cutout(data.val.x, size, generator=torch.Generator().manual_seed(seed))
    return dataclasses.replace(data, val=Split(x, data.val.y))


def with_hidden_parts() -> Recipe:
    """Return a run whose validation images lack a square of three pixels."""
    recipe = fitted()
    return recipe.replace(data=Part(hidden, source=recipe.data, size=3))


EXPERIMENTS = (
    Experiment(
        question="Does a square of the mean color lower the validation loss where images are few?",
        setting="100 digits of 8x8 pixels, small CNN, Adam 0.003, 320 steps; squares of 2x2",
        control=fitted(),
        treatment=apply(fitted()),
        control_name="whole images",
        treatment_name="cutout",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it help where the images to be predicted are partly hidden?",
        setting="the same, with a black square of 3x3 pixels in each validation image",
        control=with_hidden_parts(),
        treatment=apply(with_hidden_parts()),
        control_name="whole images",
        treatment_name="cutout",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
