"""Does an L2 penalty help a network that overfits, and does it beside batch normalization?"""

from __future__ import annotations

from torch import Tensor, nn

from catalog.lab.experiment import LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, few
from catalog.lab.train import Batch
from catalog.loss.l2_penalty.reference import l2_penalty


def on_weights(model: nn.Module, _batch: Batch, weight: float) -> Tensor:
    """Return the penalty on all parameters that are trained."""
    return l2_penalty((p for p in model.parameters() if p.requires_grad), weight)


def apply(recipe: Recipe, weight: float = 1e-3) -> Recipe:
    """Return the recipe with the penalty added to its loss, and so to the loss that is logged."""
    return recipe.plus(regularization=Part(on_weights, weight=weight))


def few_sgd(norm: Part | None = None) -> Recipe:
    """Return a run of SGD that fits its few examples."""
    return few().set_model(norm=norm).replace(optimizer=SGD, lr=0.3)


EXPERIMENTS = (
    Experiment(
        question="Does a penalty of 0.01 lower the validation loss of a net that overfits?",
        setting="100 digits, 64-128-128-10, SGD 0.3, 300 full-batch steps",
        control=few_sgd(),
        treatment=apply(few_sgd(), weight=1e-2),
        control_name="no penalty",
        treatment_name="L2 0.01",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
    Experiment(
        question="Does it if each hidden layer is followed by batch normalization?",
        setting="100 digits, 64-128-128-10 with batch norm, SGD 0.3, 300 full-batch steps",
        control=few_sgd(Part(nn.BatchNorm1d)),
        treatment=apply(few_sgd(Part(nn.BatchNorm1d)), weight=1e-2),
        control_name="no penalty",
        treatment_name="L2 0.01",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
