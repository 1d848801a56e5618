"""Does RMS normalization help a network of some depth, and is it as good as layer normalization?"""

from __future__ import annotations

from torch import nn

from catalog.architecture.batch_normalization.experiment import FOUR_LAYERS, RATES
from catalog.architecture.layer_normalization.experiment import apply as with_layer_norm
from catalog.architecture.rms_normalization.reference import RMSNorm
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.surgery import features_of, with_normalization


def rms_norm_after(module: nn.Module, shape: tuple[int, ...]) -> RMSNorm:
    """Return an RMS normalization for the features after a module."""
    return RMSNorm(features_of(module, shape))


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with RMS normalization instead of layer normalization.

    A network without any normalization gets it before each activation.

    Raises:
        NotApplicable: If the network is normalized otherwise, or no activation is recognized.
    """
    return with_normalization(recipe, Part(rms_norm_after), instead_of="LayerNorm")


EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss of four layers?",
        setting="300 digits, 4 layers of 64, SGD at its best rate, batches of 30, 200 steps",
        control=FOUR_LAYERS,
        treatment=apply(FOUR_LAYERS),
        control_name="plain",
        treatment_name="RMS normalization",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it lower the training loss further than layer normalization does?",
        setting="300 digits, 4 layers of 64, SGD at its best rate, batches of 30, 200 steps",
        control=with_layer_norm(FOUR_LAYERS),
        treatment=apply(FOUR_LAYERS),
        control_name="layer normalization",
        treatment_name="RMS normalization",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
)
