"""Does the z-loss make training at a high rate more stable, and does it hold the normalizer?"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor, nn

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few, rows
from catalog.lab.train import Batch, Fit, predict
from catalog.loss.z_loss.reference import log_normalizer, z_loss


def apply(recipe: Recipe, coefficient: float = 1e-4) -> Recipe:
    """Return the recipe with the penalty added to its loss.

    Raises:
        NotApplicable: If the targets are numbers.
    """
    if recipe.peek().task != "classification":
        raise NotApplicable("it is a penalty on the softmax, and the targets are numbers.")
    return recipe.plus(regularization=Part(penalty, coefficient=coefficient))


def penalty(model: nn.Module, batch: Batch, coefficient: float) -> Tensor:  # noqa: ARG001
    """Return the z-loss of the outputs of a step."""
    return z_loss(batch.outputs, coefficient)


def drift(fit: Fit) -> Mapping[str, float]:
    """Return the mean size of log Z on the training set; that of zero logits if it is not finite.

    At zero logits log Z is the log of the number of classes.
    """
    size = float(log_normalizer(predict(fit.model, fit.data.train.x)).abs().mean())
    return {"abs_log_normalizer": size if math.isfinite(size) else math.log(fit.data.outputs)}


HIGH = rows().replace(lr=0.03)

EXPERIMENTS = (
    Experiment(
        question="Does the z-loss lower the training loss of a transformer at a high rate?",
        setting="300 digits row by row, 4 layers of width 32, Adam 0.03, batches of 30, 200 steps",
        control=HIGH,
        treatment=apply(HIGH),
        control_name="without",
        treatment_name="z-loss 1e-4",
        claims=(LOWER_TRAINING_LOSS,),
        metrics=drift,
    ),
    Experiment(
        question="Does it keep the log of the normalizer of a net that overfits nearer to zero?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="without",
        treatment_name="z-loss 1e-4",
        claims=(Claim("neither", "abs_log_normalizer"),),
        metrics=drift,
    ),
)
