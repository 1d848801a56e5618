"""Does group normalization train where batch normalization has too few examples, and only there?"""

from __future__ import annotations

import math

from torch import nn

from catalog.architecture.batch_normalization.experiment import PAIR_RATES, PAIRS
from catalog.architecture.batch_normalization.experiment import apply as with_batch_norm
from catalog.architecture.group_normalization.reference import GroupNorm
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.surgery import channels_of, with_normalization


def group_norm_after(
    module: nn.Module, shape: tuple[int, ...], channels_per_group: int
) -> GroupNorm:
    """Return a group normalization for the channels after a module.

    The groups have the largest size that divides both `channels_per_group` and the channels.
    """
    channels = channels_of(module, shape)
    return GroupNorm(channels // math.gcd(channels, channels_per_group), channels)


def apply(recipe: Recipe, channels_per_group: int = 16) -> Recipe:
    """Return the recipe with group normalization instead of batch normalization.

    A network without any normalization gets it before each activation. Sixteen channels in a group
    is a setting of the paper.

    Raises:
        NotApplicable: If the network is normalized otherwise, no activation is recognized, or the
            channels come last.
    """
    return with_normalization(
        recipe,
        Part(group_norm_after, channels_per_group=channels_per_group),
        instead_of="BatchNorm",
    )


BATCHES = PAIRS.replace(epochs=20, evaluate_every=20, batch_size=20)

EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss below batch normalization's in batches of two?",
        setting="200 digits, 3 layers of 64, SGD at its best rate, batches of 2, 300 steps",
        control=with_batch_norm(PAIRS),
        treatment=apply(PAIRS),
        control_name="batch normalization",
        treatment_name="group normalization",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=PAIR_RATES,
    ),
    Experiment(
        question="Does it lower the training loss below batch normalization's in batches of 20?",
        setting="the same in batches of 20, 200 steps",
        control=with_batch_norm(BATCHES),
        treatment=apply(BATCHES),
        control_name="batch normalization",
        treatment_name="group normalization",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.01, 0.05, 0.2, 0.8),
    ),
)
