"""Does averaging over shifted views help, after training on shifted images and without it?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.test_time_augmentation.reference import AveragedViews, shifted
from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import images
from catalog.loss.image_augmentation.experiment import apply as augment
from catalog.loss.image_augmentation.experiment import image_data

SHIFTS = tuple(
    Part(shifted, rows=rows, columns=columns)
    for rows, columns in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
)
"""The image itself, and one pixel to each side."""


def apply(recipe: Recipe, views: tuple[Part, ...] = SHIFTS) -> Recipe:
    """Return the recipe whose trained network averages its predictions over views.

    Args:
        recipe: What to change.
        views: `(images) -> images` each.

    Raises:
        NotApplicable: If the inputs are no images.
    """
    image_data(recipe)
    return recipe.plus(finish=Part(average_views, views=views))


def average_views(
    model: nn.Module,
    data: Data,
    recipe: Recipe,  # noqa: ARG001
    views: tuple[Part, ...],
) -> nn.Module:
    """Return the trained network with its predictions averaged."""
    return AveragedViews(
        model, views, "probabilities" if data.task == "classification" else "outputs"
    )


TRAINED_ON_SHIFTS = augment(images(), brightness=0.0, contrast=0.0)
CLAIMS = (LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY)

EXPERIMENTS = (
    Experiment(
        question="Do five views a pixel apart lower the validation loss?",
        setting="100 digits, small CNN trained on shifts of a pixel, Adam 0.001, 400 steps",
        control=TRAINED_ON_SHIFTS,
        treatment=apply(TRAINED_ON_SHIFTS),
        control_name="one view",
        treatment_name="five views",
        claims=CLAIMS,
    ),
    Experiment(
        question="Do they, if the network saw no shifted images in training?",
        setting="100 digits, small CNN, Adam 0.001, 400 steps",
        control=images(),
        treatment=apply(images()),
        control_name="one view",
        treatment_name="five views",
        claims=CLAIMS,
    ),
)
