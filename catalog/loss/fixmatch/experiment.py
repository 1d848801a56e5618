"""Does FixMatch help where labels are few, and what do images of other classes do to it?"""

from __future__ import annotations

from torch import Tensor, nn

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.train import Batch
from catalog.loss.consistency_regularization.experiment import shifted_labels
from catalog.loss.fixmatch.reference import fixmatch_loss, strong_view, weak_view
from catalog.loss.image_augmentation.experiment import apply as augment_images
from catalog.loss.image_augmentation.experiment import image_data
from catalog.loss.semi_supervised_learning.experiment import (
    draw_unlabelled,
    of_other_classes,
    semi_supervised_data,
)


def term(
    model: nn.Module,
    batch: Batch,
    weight: float,
    threshold: float,
    count: int,
    pixels: int,
    magnitude: float,
    size: int,
    limits: tuple[float, float],
) -> Tensor:
    """Return the weighted loss on a strong view with the labels of a weak one."""
    x = draw_unlabelled(batch, count)
    weak = weak_view(x, pixels, batch.generator)
    strong = strong_view(x, pixels, magnitude, size, limits, batch.generator)
    return weight * fixmatch_loss(model, weak, strong, threshold)


def apply(
    recipe: Recipe,
    weight: float = 1.0,
    threshold: float = 0.95,
    count: int = 64,
    magnitude: float = 9,
) -> Recipe:
    """Return the recipe with FixMatch's term; the labelled images stay as the recipe has them.

    Args:
        recipe: What to change.
        weight: Weight of the term, the same throughout: the threshold is the ramp.
        threshold: Confidence from which a prediction is a label.
        count: Unlabelled images a step.
        magnitude: Strength of the strong view, 0 to 30.

    Raises:
        NotApplicable: If there are no classes, no unlabelled inputs, or no images.
    """
    semi_supervised_data(recipe)
    x = image_data(recipe).train.x
    side = min(x.shape[-2:])
    part = Part(
        term,
        weight=weight,
        threshold=threshold,
        count=count,
        pixels=max(1, round(side / 8)),
        magnitude=magnitude,
        size=max(1, round(side / 4)),
        limits=(float(x.min()), float(x.max())),
    )
    return recipe.plus(regularization=part)


def shifted_strangers() -> Recipe:
    """Return the run whose unlabelled images are of other classes, with shifted labelled ones."""
    return augment_images(of_other_classes(), brightness=0.0, contrast=0.0)


EXPERIMENTS = (
    Experiment(
        question="Does FixMatch lower the validation loss where labels are few?",
        setting="30 labelled, 869 unlabelled digits, CNN, 200 steps; shifts by a pixel in both",
        control=shifted_labels(),
        treatment=apply(shifted_labels()),
        control_name="labels only",
        treatment_name="FixMatch",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it also help where all the unlabelled images are of other classes?",
        setting="15 labelled digits of 0-4, 400 unlabelled of 5-9, small CNN, 200 steps",
        control=shifted_strangers(),
        treatment=apply(shifted_strangers()),
        control_name="labels only",
        treatment_name="FixMatch",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
