"""Do masks on spectrograms help a network that heard few voices?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import Data, tones
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import recordings
from catalog.loss.specaugment.reference import specaugment

FEWEST = 8
"""Times and bands of the smallest table that is taken for a spectrogram."""


def spectrogram_data(recipe: Recipe) -> Data:
    """Return the recipe's data.

    Raises:
        NotApplicable: If they are no spectrograms (times, bands).
    """
    data = recipe.peek()
    is_table = len(data.inputs) == 2 and min(data.inputs) >= FEWEST
    if not is_table or not data.train.x.is_floating_point():
        raise NotApplicable(
            f"it masks spectrograms (times, bands), and an input has the shape {data.inputs}."
        )
    return data


def augment(
    x: Tensor,
    y: Tensor,
    generator: torch.Generator,
    time_width: int,
    frequency_width: int,
    masks: int,
) -> tuple[Tensor, Tensor]:
    """Mask a batch; the targets stay."""
    return specaugment(x, time_width, frequency_width, masks, generator), y


def apply(recipe: Recipe, time: float = 0.2, frequency: float = 0.3, masks: int = 1) -> Recipe:
    """Return the recipe with masked spectrograms in every batch.

    Args:
        recipe: What to change.
        time: Widest mask in time, as a share of all times.
        frequency: Widest mask in frequency, as a share of all bands.
        masks: How many of each kind.

    Raises:
        NotApplicable: If the inputs are no spectrograms.
    """
    times, bands = spectrogram_data(recipe).inputs
    part = Part(
        augment,
        time_width=round(time * times),
        frequency_width=round(frequency * bands),
        masks=masks,
    )
    return recipe.plus(augmentation=part)


def spectrograms() -> Recipe:
    """Return a network that learns 64 spectrograms of few voices by heart."""
    return recordings().replace(
        data=Part(tones, as_spectrogram=True), model=Part(mlp, widths=(64,))
    )


EXPERIMENTS = (
    Experiment(
        question="Do masks lower the validation loss of a network that heard few voices?",
        setting="64 spectrograms of 4 melodies by 4 voices, MLP, Adam 0.001, 200 steps",
        control=spectrograms(),
        treatment=apply(spectrograms()),
        control_name="whole spectrograms",
        treatment_name="masks",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Do masks help that may hide the whole melody?",
        setting="the same, with two masks of each kind, up to all times and all bands",
        control=spectrograms(),
        treatment=apply(spectrograms(), time=1.0, frequency=1.0, masks=2),
        control_name="whole spectrograms",
        treatment_name="widest masks",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
