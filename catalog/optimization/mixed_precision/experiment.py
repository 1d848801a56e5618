"""Do weights of 32 bits repair a run in 16, and what does loss scaling save?"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import few, short
from catalog.lab.train import train
from catalog.optimization.mixed_precision.reference import LossScaler, MixedPrecision


def in_mixed_precision(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Let a network compute in bfloat16."""
    return MixedPrecision(model)


class Low(nn.Module):
    """A network of which everything is in bfloat16, the weights and their updates included."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.bfloat16()

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs in 32 bits."""
        outputs: Tensor = self.model(x.bfloat16())
        return outputs.float()


def in_low_precision(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Let a network be in bfloat16."""
    return Low(model)


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with the passes in bfloat16, which needs no loss scaling."""
    return recipe.plus(start=Part(in_mixed_precision))


def lost(seed: int, scale: float) -> Mapping[str, float]:
    """Return the share of a fitted network's gradient that is lost in float16.

    Counted are the entries that are zero in float16 and not in 32 bits.
    """
    fit = train(few().replace(seed=seed))
    x, y = fit.data.train
    parameters = list(fit.model.parameters())
    exact = torch.autograd.grad(F.cross_entropy(fit.model(x), y), parameters)
    low = MixedPrecision(fit.model, torch.float16)
    scaled = LossScaler(scale).scale(F.cross_entropy(low(x), y))
    rounded = torch.autograd.grad(scaled, parameters)
    zeros = sum(int(((r == 0) & (e != 0)).sum()) for r, e in zip(rounded, exact, strict=True))
    return {"share_lost": zeros / sum(int((e != 0).sum()) for e in exact)}


def lost_plainly(seed: int) -> Mapping[str, float]:
    """Return the share that is lost without scaling."""
    return lost(seed, scale=1.0)


def lost_when_scaled(seed: int) -> Mapping[str, float]:
    """Return the share that is lost with the loss multiplied by 1,024."""
    return lost(seed, scale=1024.0)


SLOW = short(600).replace(lr=0.01)

EXPERIMENTS = (
    Experiment(
        question="Do weights of 32 bits lower the training loss of a slow run in bfloat16?",
        setting="300 digits, 64-128-128-10, SGD at 0.01, batches of 30, 600 steps",
        control=SLOW.plus(start=Part(in_low_precision)),
        treatment=apply(SLOW),
        control_name="all in bfloat16",
        treatment_name="mixed precision",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Do they, where the rate is the best for each and the steps are large?",
        setting="300 digits, 64-128-128-10, SGD, batches of 30, 100 steps, best rate of each",
        control=short().plus(start=Part(in_low_precision)),
        treatment=apply(short()),
        control_name="all in bfloat16",
        treatment_name="mixed precision",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.03, 0.1, 0.3, 1.0),
    ),
    Experiment(
        question="Is less of a small gradient lost in float16 when the loss is scaled?",
        setting="100 digits fitted by 64-128-128-10, gradient over all of them, scale 1,024",
        control=lost_plainly,
        treatment=lost_when_scaled,
        control_name="no scaling",
        treatment_name="scaled",
        claims=(Claim("neither", "share_lost"),),
    ),
)
