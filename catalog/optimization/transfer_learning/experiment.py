"""Does a network from another data set help, and is it better to train its head alone?"""

from __future__ import annotations

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import mlp
from catalog.lab.recipe import Part, Recipe
from catalog.optimization.pre_training.experiment import LOWER_DIGITS, target
from catalog.optimization.pre_training.experiment import apply as pre_training
from catalog.optimization.pre_training.reference import head_of
from catalog.optimization.transfer_learning.reference import freeze


def freeze_body(
    model: nn.Module,
    data: Data,
    recipe: Recipe,  # noqa: ARG001 (a start part is given it)
) -> nn.Module:
    """Freeze all but the layer used last."""
    name, _ = head_of(model, data.train.x[:2])
    freeze(model, except_for=(name,))
    return model


def apply(
    recipe: Recipe, source: Part | None = None, head_only: bool = False, epochs: int = 30
) -> Recipe:
    """Return the recipe with a start from another task, of which all or the head alone is trained.

    Args:
        recipe: The target task.
        source: `(seed) -> Data` of the source task, with inputs of the same shape; None to fill in
            hidden entries of the recipe's own inputs, labelled or not.
        head_only: Train the head alone, on fixed features.
        epochs: Of the source task.

    Raises:
        NotApplicable: As pre-training does, of which this is a part.
    """
    started = pre_training(recipe, source=source, epochs=epochs)
    return started.plus(start=Part(freeze_body)) if head_only else started


MLP = target(50).replace(model=Part(mlp, widths=(128, 128)))

EXPERIMENTS = (
    Experiment(
        question="Does a network from digits 0 to 4, all of it trained on, lower both losses on 5"
        " to 9?",
        setting="50 digits 5 to 9 after 400 digits 0 to 4, 64-128-128-5, Adam at its best rate, 60"
        " full-batch steps",
        control=MLP,
        treatment=apply(MLP, source=LOWER_DIGITS),
        control_name="random start",
        treatment_name="fine-tuned",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    ),
    Experiment(
        question="Is training the head alone better than training all?",
        setting="50 digits 5 to 9 after 400 digits 0 to 4, 64-128-128-5, Adam at its best rate, 60"
        " full-batch steps",
        control=apply(MLP, source=LOWER_DIGITS),
        treatment=apply(MLP, source=LOWER_DIGITS, head_only=True),
        control_name="all layers",
        treatment_name="head alone",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1),
    ),
)
