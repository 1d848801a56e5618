"""Does a small network learn more from a teacher than from labels, and from which teacher?"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from catalog.architecture.ensembling.experiment import apply as make_ensemble
from catalog.lab.data import Data
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_VALIDATION_LOSS,
    Claim,
    Experiment,
)
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few
from catalog.lab.train import Batch, predict, train
from catalog.loss.cross_entropy.experiment import instead_of_cross_entropy
from catalog.loss.knowledge_distillation.reference import soft_target_loss
from catalog.loss.label_smoothing.experiment import apply as smooth_labels


def apply(
    recipe: Recipe,
    teacher: Recipe | None = None,
    temperature: float = 4.0,
    label_weight: float = 0.1,
    unlabelled: bool = False,
) -> Recipe:
    """Return the recipe with a network that learns from a teacher, trained before it.

    Args:
        recipe: Of the student.
        teacher: Its recipe, with the same data; None for an ensemble of five like the student.
        temperature: T.
        label_weight: λ, the share of the loss on the labels.
        unlabelled: Learn from the teacher's predictions on the unlabelled inputs, too.

    Raises:
        NotApplicable: If the recipe trains another loss than the plain cross-entropy, or there
            are no unlabelled inputs to use.
    """
    changed = instead_of_cross_entropy(recipe, Part(label_share, weight=label_weight))
    if unlabelled and recipe.peek().unlabelled is None:
        raise NotApplicable("there are no unlabelled inputs for the teacher to label.")
    return changed.plus(
        start=Part(with_teacher, teacher=teacher or make_ensemble(recipe)),
        regularization=Part(
            match_teacher,
            temperature=temperature,
            weight=1 - label_weight,
            unlabelled=unlabelled,
        ),
        finish=Part(without_teacher),
    )


class Student(nn.Module):
    """A network that carries its teacher along, which is no part of it and does not change."""

    def __init__(self, model: nn.Module, teacher: nn.Module) -> None:
        super().__init__()
        self.model = model
        # In a tuple it is no submodule: it is neither trained nor set to training mode.
        self.teacher = (teacher,)

    def forward(self, x: Tensor) -> Tensor:
        """Return the student's outputs."""
        return self.model(x)  # type: ignore[no-any-return]


def label_share(outputs: Tensor, targets: Tensor, weight: float) -> Tensor:
    """Return the cross-entropy with the labels, with its weight."""
    return weight * F.cross_entropy(outputs, targets)


def with_teacher(model: nn.Module, data: Data, recipe: Recipe, teacher: Recipe) -> nn.Module:
    """Return the student with a teacher that was trained on the same split."""
    fit = train(teacher.replace(seed=recipe.seed), data.train.x.device)
    return Student(model, fit.model)


def match_teacher(
    model: nn.Module, batch: Batch, temperature: float, weight: float, unlabelled: bool
) -> Tensor:
    """Return the weighted divergence from the teacher on a batch, and on as many other inputs."""
    (teacher,) = next(m for m in model.modules() if isinstance(m, Student)).teacher
    outputs, x = batch.outputs, batch.x
    if unlabelled and batch.data.unlabelled is not None:
        pool = batch.data.unlabelled
        drawn = torch.randint(
            len(pool), (len(x),), generator=batch.generator, device=batch.generator.device
        )
        x = torch.cat([x, pool[drawn]])
        outputs = torch.cat([outputs, model(pool[drawn])])
    return weight * soft_target_loss(outputs, predict(teacher, x), temperature)


def without_teacher(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Return the network alone."""
    return model.model if isinstance(model, Student) else model


SMALL = few().replace(model=Part(mlp, widths=(16,)), lr=1e-2)
SETTING = "100 digits, 64-16-10, Adam 0.01, 300 full-batch steps"

EXPERIMENTS = (
    Experiment(
        question="Does a small network learn more from five large ones than from the labels alone?",
        setting=f"{SETTING}; teacher: five of 64-128-128-10 trained on the same examples",
        control=SMALL,
        treatment=apply(SMALL, make_ensemble(few())),
        control_name="labels",
        treatment_name="teacher",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Is what it learns worse if the teacher was trained with label smoothing?",
        setting=f"{SETTING}; teacher: one of 64-128-128-10, smoothing 0 or 0.1",
        control=apply(SMALL, few()),
        treatment=apply(SMALL, smooth_labels(few())),
        control_name="plain teacher",
        treatment_name="smoothed teacher",
        claims=(Claim("neither", "val_loss", lower_is_better=False),),
    ),
)
