"""Does image augmentation help where images are few, and does it matter which?"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from catalog.lab.data import Data, Split
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few, images
from catalog.loss.image_augmentation.reference import (
    blur,
    brightness_contrast,
    flip,
    shifted_crop,
)


def image_data(recipe: Recipe) -> Data:
    """Return the recipe's data.

    Raises:
        NotApplicable: If they are no images (channels, rows, columns) of real numbers.
    """
    data = recipe.peek()
    if len(data.inputs) != 3:
        raise NotApplicable(f"it alters images, and an input has the shape {data.inputs}.")
    if not data.train.x.is_floating_point():
        raise NotApplicable("it alters images of real numbers, and the pixels are whole ones.")
    return data


def augment(
    x: Tensor,
    y: Tensor,
    generator: torch.Generator,
    pixels: int,
    brightness: float,
    contrast: float,
    limits: tuple[float, float],
    blur_p: float,
    flip_p: float,
) -> tuple[Tensor, Tensor]:
    """Shift, recolor, blur and flip a batch; the targets stay."""
    x = shifted_crop(x, pixels, generator=generator)
    x = brightness_contrast(x, brightness, contrast, limits=limits, generator=generator)
    x = blur(x, p=blur_p, generator=generator)
    return flip(x, flip_p, generator), y


def apply(
    recipe: Recipe,
    shift: float = 0.125,
    brightness: float = 0.2,
    contrast: float = 0.2,
    blur_p: float = 0.0,
    flip_p: float = 0.0,
) -> Recipe:
    """Return the recipe with altered images in every batch.

    Args:
        recipe: What to change.
        shift: Largest shift, as a share of the shorter side; at least a pixel unless 0.
        brightness: Largest change of brightness, as a share.
        contrast: Largest change of contrast.
        blur_p: Probability of a blur; off by default, as small images do not bear one.
        flip_p: Probability of a mirror image; off by default, as it would break digits and text.

    Raises:
        NotApplicable: If the inputs are no images.
    """
    x = image_data(recipe).train.x
    pixels = max(1, round(shift * min(x.shape[-2:]))) if shift else 0
    part = Part(
        augment,
        pixels=pixels,
        brightness=brightness,
        contrast=contrast,
        limits=(float(x.min()), float(x.max())),
        blur_p=blur_p,
        flip_p=flip_p,
    )
    return recipe.plus(augmentation=part)


def moved(seed: int, source: Part, pixels: int) -> Data:
    """Return data whose validation images are off their place by up to some pixels."""
    data: Data = source(seed)
    x = shifted_crop(data.val.x, pixels, generator=torch.Generator().manual_seed(seed))
    return dataclasses.replace(data, val=Split(x, data.val.y))


def fitted(examples: int = 100) -> Recipe:
    """Return a run whose rate is high enough to fit altered images, too: 320 steps, Adam 0.003."""
    epochs = 320 // (examples // 25)
    return images(examples).replace(lr=3e-3, epochs=epochs, evaluate_every=epochs)


def off_centre() -> Recipe:
    """Return the same run with validation images that were moved by up to a pixel."""
    recipe = fitted()
    return recipe.replace(data=Part(moved, source=recipe.data, pixels=1))


EXPERIMENTS = (
    Experiment(
        question="Do small shifts and changes of brightness and contrast help a net that overfits?",
        setting="100 digits, small CNN, Adam at its best rate, 320 steps; shifts of a pixel,"
        " changes by 0.2",
        control=fitted(),
        treatment=apply(fitted()),
        control_name="images as they are",
        treatment_name="altered images",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    ),
    Experiment(
        question="Do they help where the images to be predicted vary in the same way?",
        setting="the same, with validation images moved by up to a pixel",
        control=off_centre(),
        treatment=apply(off_centre()),
        control_name="images as they are",
        treatment_name="altered images",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    ),
    Experiment(
        question="Does a mirror image help where it is no longer the same digit?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps; half are flipped",
        control=few(),
        treatment=apply(few(), shift=0.0, brightness=0.0, contrast=0.0, flip_p=0.5),
        control_name="images as they are",
        treatment_name="flips",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
