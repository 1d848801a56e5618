"""Does fine-tuning by low-rank changes generalize better than fine-tuning all weights?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.lora.reference import adapt
from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.train import Fit
from catalog.optimization.pre_training.experiment import LOWER_DIGITS
from catalog.optimization.pre_training.experiment import apply as pre_training
from catalog.optimization.pre_training.reference import head_of
from catalog.optimization.transfer_learning.experiment import MLP


def adapt_body(
    model: nn.Module,
    data: Data,
    recipe: Recipe,  # noqa: ARG001 (a start part is given it)
    rank: int,
    alpha: float | None,
) -> nn.Module:
    """Freeze all but the head, and wrap the linear layers below it."""
    name, _ = head_of(model, data.train.x[:2])
    adapt(model, rank, alpha, except_for=(name,))
    return model


def apply(
    recipe: Recipe,
    source: Part | None = None,
    rank: int = 8,
    alpha: float | None = None,
    epochs: int = 30,
) -> Recipe:
    """Return the recipe with a start from another task, that is changed in low rank only.

    The head is new to the task and is trained as a whole.

    Args:
        recipe: The target task.
        source: `(seed) -> Data` of the source task, with inputs of the same shape; None to fill in
            hidden entries of the recipe's own inputs, labelled or not.
        rank: Of the changes.
        alpha: Scale of the changes times the rank; None for a scale of 1.
        epochs: Of the source task.

    Raises:
        NotApplicable: If there is no linear layer below the head, or as pre-training does.
    """
    started = pre_training(recipe, source=source, epochs=epochs)
    linear = [module for module in untrained(recipe).modules() if type(module) is nn.Linear]
    if len(linear) < 2:
        raise NotApplicable("it changes linear layers, and there is none below the head.")
    return started.plus(start=Part(adapt_body, rank=rank, alpha=alpha))


def trained_parameters(fit: Fit) -> dict[str, float]:
    """Return how many numbers were trained."""
    trained = [p.numel() for p in fit.model.parameters() if p.requires_grad]
    return {"trained_parameters": float(sum(trained))}


FULL = pre_training(MLP, source=LOWER_DIGITS)
MANY = MLP.replace(data=MLP.data.set(n_train=400), batch_size=40, epochs=20, evaluate_every=20)

EXPERIMENTS = (
    Experiment(
        question="Does rank 8 lower the validation loss against fine-tuning all, with ten labels a"
        " class?",
        setting="50 digits 5 to 9 after 400 digits 0 to 4, 64-128-128-5, Adam at its best rate, 60"
        " full-batch steps",
        control=FULL,
        treatment=apply(MLP, source=LOWER_DIGITS, rank=8),
        control_name="all weights",
        treatment_name="rank 8",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2),
        metrics=trained_parameters,
    ),
    Experiment(
        question="Does rank 1 with eighty labels a class, where a rank limits most?",
        setting="400 digits 5 to 9 after 400 digits 0 to 4, 64-128-128-5, Adam at its best rate,"
        " batches of 40, 200 steps",
        control=pre_training(MANY, source=LOWER_DIGITS),
        treatment=apply(MANY, source=LOWER_DIGITS, rank=1),
        control_name="all weights",
        treatment_name="rank 1",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2),
        metrics=trained_parameters,
    ),
)
