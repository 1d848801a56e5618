"""Does stochastic depth help a deep residual network that overfits, and a shallow one?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.skip_connection.experiment import apply as with_skips
from catalog.architecture.stochastic_depth.reference import DropPath, Mode, drop_probabilities
from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.surgery import replace, residual_branches
from catalog.lab.tasks import few


def drop_branches(model: nn.Module, data: Data, recipe: Recipe, p: float, mode: Mode) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Put a drop path at the end of every residual branch."""
    branches = residual_branches(model, data.train.x[:2])
    return replace(
        model,
        {
            branch[-1]: nn.Sequential(model.get_submodule(branch[-1]), DropPath(rate, mode))
            for branch, rate in zip(branches, drop_probabilities(len(branches), p), strict=True)
        },
    )


def apply(recipe: Recipe, p: float = 0.5, mode: Mode = "row") -> Recipe:
    """Return the recipe with residual branches that are dropped, the last with probability p.

    Raises:
        NotApplicable: If the network has no residual branches.
    """
    if not residual_branches(untrained(recipe), recipe.peek().train.x[:2]):
        raise NotApplicable("it drops residual branches, and the network has none.")
    return recipe.plus(start=Part(drop_branches, p=p, mode=mode))


SHORT = few().replace(epochs=150, evaluate_every=150)
UNNORMALIZED = with_skips(SHORT.set_model(widths=(64,) * 12))
DEEP = UNNORMALIZED.set_model(norm=Part(nn.LayerNorm))
SHALLOW = with_skips(SHORT.set_model(widths=(64,) * 2, norm=Part(nn.LayerNorm)))
CLAIMS = (LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY)

EXPERIMENTS = (
    Experiment(
        question="Does it lower the validation loss of a deep residual network that overfits?",
        setting="100 digits, 12 residual layers of 64 with layer normalization, Adam at its best"
        " rate, 150 full-batch steps",
        control=DEEP,
        treatment=apply(DEEP),
        control_name="all branches",
        treatment_name="stochastic depth 0.5",
        claims=CLAIMS,
        lr_grid=(3e-4, 1e-3, 3e-3),
    ),
    Experiment(
        question="Does it lower the validation loss of one without normalization?",
        setting="100 digits, 12 residual layers of 64, Adam at its best rate, 150 full-batch steps",
        control=UNNORMALIZED,
        treatment=apply(UNNORMALIZED),
        control_name="all branches",
        treatment_name="stochastic depth 0.5",
        claims=CLAIMS,
        lr_grid=(1e-4, 3e-4, 1e-3),
    ),
    Experiment(
        question="Does it lower the validation loss of a residual network of two blocks?",
        setting="100 digits, 2 residual layers of 64 with layer normalization, Adam at its best"
        " rate, 150 full-batch steps",
        control=SHALLOW,
        treatment=apply(SHALLOW),
        control_name="all branches",
        treatment_name="stochastic depth 0.5",
        claims=CLAIMS,
        lr_grid=(1e-3, 3e-3, 1e-2),
    ),
)
