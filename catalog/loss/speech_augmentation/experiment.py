"""Do other volumes, speeds and pitches help a network that heard few voices?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import Data
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import recordings
from catalog.loss.speech_augmentation.reference import change_speed, change_volume, shift_pitch

FRAME = 256
"""Samples in a spectrum of the pitch shift; shorter recordings are none."""


def sound_data(recipe: Recipe) -> Data:
    """Return the recipe's data.

    Raises:
        NotApplicable: If they are no recordings, of one or two channels and many samples.
    """
    data = recipe.peek()
    is_sound = len(data.inputs) == 2 and data.inputs[0] <= 2 and data.inputs[1] >= FRAME
    if not is_sound or not data.train.x.is_floating_point():
        raise NotApplicable(
            f"it alters recordings (channels, samples), and an input has the shape {data.inputs}."
        )
    return data


def augment(
    x: Tensor,
    y: Tensor,
    generator: torch.Generator,
    gain: tuple[float, float],
    speed: tuple[float, float],
    pitch: tuple[float, float],
) -> tuple[Tensor, Tensor]:
    """Change volume, speed and pitch of a batch; the targets stay."""
    x = change_volume(x, gain, generator)
    if speed != (1.0, 1.0):
        x = change_speed(x, speed, generator)
    if pitch != (1.0, 1.0):
        x = shift_pitch(x, pitch, FRAME, FRAME // 4, generator)
    return x, y


def apply(
    recipe: Recipe,
    gain: tuple[float, float] = (0.5, 2.0),
    speed: tuple[float, float] = (0.9, 1.1),
    pitch: tuple[float, float] = (1.0, 1.0),
) -> Recipe:
    """Return the recipe with altered recordings in every batch.

    Args:
        recipe: What to change.
        gain: Least and largest factor on the amplitude.
        speed: Least and largest factor on the speed, which changes the pitch as well.
        pitch: Least and largest factor on the pitch alone; off by default.

    Raises:
        NotApplicable: If the inputs are no recordings.
    """
    sound_data(recipe)
    return recipe.plus(augmentation=Part(augment, gain=gain, speed=speed, pitch=pitch))


EXPERIMENTS = (
    Experiment(
        question="Do other volumes and speeds help a network that heard few voices with new ones?",
        setting="64 recordings of 4 melodies by 4 voices, MLP on spectrograms, 200 steps;"
        " volumes by 0.5 to 2, speeds by 0.8 to 1.25",
        control=recordings(),
        treatment=apply(recordings(), speed=(0.8, 1.25)),
        control_name="recordings as they are",
        treatment_name="altered recordings",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Do other pitches help, too, where the pitch is what is to be told apart?",
        setting="the same recordings, and four bands of pitch as classes; pitches by 2/3 to 3/2",
        control=recordings("pitch"),
        treatment=apply(
            recordings("pitch"), gain=(1.0, 1.0), speed=(1.0, 1.0), pitch=(2 / 3, 3 / 2)
        ),
        control_name="recordings as they are",
        treatment_name="other pitches",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
