"""Does agreement between two views of unlabelled images help, and what if the views disagree?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few_labels
from catalog.lab.train import Batch
from catalog.loss.consistency_regularization.reference import MeanTeacher, consistency_loss
from catalog.loss.image_augmentation.experiment import apply as augment_images
from catalog.loss.image_augmentation.reference import shifted_crop
from catalog.loss.semi_supervised_learning.experiment import draw_unlabelled, semi_supervised_data
from catalog.loss.semi_supervised_learning.reference import ramp_up


def view(x: Tensor, generator: torch.Generator, shift: float, noise: float) -> Tensor:
    """Return an alteration of inputs: images are moved, all others get normal noise."""
    if x.dim() == 4:
        pixels = max(1, round(shift * min(x.shape[-2:]))) if shift else 0
        return shifted_crop(x, pixels, generator=generator)
    return x + noise * torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)


def term(
    model: nn.Module,
    batch: Batch,
    weight: float,
    ramp: float,
    count: int,
    shift: float,
    noise: float,
) -> Tensor:
    """Return the weighted disagreement on unlabelled inputs; a teacher's share is kept up."""
    x = draw_unlabelled(batch, count)
    one, two = (view(x, batch.generator, shift, noise) for _ in range(2))
    if isinstance(model, MeanTeacher):
        model.update()
    judge = model.teacher if isinstance(model, MeanTeacher) else model
    with torch.no_grad():
        target = judge(two)
    return weight * ramp_up(batch.progress, ramp) * consistency_loss(model(one), target)


def add_teacher(model: nn.Module, _data: Data, _recipe: Recipe, decay: float) -> nn.Module:
    """Return the network as the student of its own mean."""
    return MeanTeacher(model, decay)


def keep_teacher(model: nn.Module, _data: Data, _recipe: Recipe) -> nn.Module:
    """Return the teacher of a pair."""
    return model.teacher if isinstance(model, MeanTeacher) else model


def apply(
    recipe: Recipe,
    weight: float = 10.0,
    ramp: float = 0.3,
    count: int = 64,
    shift: float = 0.125,
    noise: float = 0.1,
    teacher_decay: float = 0.0,
) -> Recipe:
    """Return the recipe with a consistency term.

    Args:
        recipe: What to change.
        weight: Weight of the term after its ramp.
        ramp: Share of the run over which the weight rises.
        count: Unlabelled inputs a step.
        shift: Largest shift of an image, as a share of its shorter side.
        noise: Standard deviation of the noise on other inputs, in units of their own.
        teacher_decay: Share that an averaged teacher keeps in a step; 0 for no teacher, which is
            the Π-model.

    Raises:
        NotApplicable: If there are no classes, no unlabelled inputs, or no real numbers.
    """
    noise *= float(semi_supervised_data(recipe).train.x.std())
    part = Part(term, weight=weight, ramp=ramp, count=count, shift=shift, noise=noise)
    recipe = recipe.plus(regularization=part)
    if not teacher_decay:
        return recipe
    return recipe.plus(start=Part(add_teacher, decay=teacher_decay), finish=Part(keep_teacher))


def shifted_labels() -> Recipe:
    """Return the run with few labels, whose labelled images are moved by a pixel, too."""
    return augment_images(few_labels(), brightness=0.0, contrast=0.0)


EXPERIMENTS = (
    Experiment(
        question="Does agreement between shifted views of unlabelled images lower the loss?",
        setting="30 labelled, 869 unlabelled digits, CNN, 200 steps; shifts by a pixel in both",
        control=shifted_labels(),
        treatment=apply(shifted_labels()),
        control_name="labels only",
        treatment_name="Π-model",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does agreement help where the alteration is so strong that the class is lost?",
        setting="the same, with unlabelled images moved by up to half of their side",
        control=shifted_labels(),
        treatment=apply(shifted_labels(), shift=0.5),
        control_name="labels only",
        treatment_name="Π-model, wide shifts",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
