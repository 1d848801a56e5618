"""Augmentations stay on the device of what they change."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from catalog.loss.cutout.reference import cutout, random_erasing
from catalog.loss.image_augmentation.reference import (
    blur,
    brightness_contrast,
    flip,
    shifted_crop,
)
from catalog.loss.input_noise.reference import add_noise
from catalog.loss.randaugment.reference import OPERATIONS
from catalog.loss.specaugment.reference import specaugment
from catalog.loss.speech_augmentation.reference import change_speed, change_volume

IMAGES = torch.empty(4, 3, 8, 8, device="meta")
CHANGES = torch.empty(4, device="meta")
CALLS = [
    *(partial(change, IMAGES) for change in (flip, shifted_crop, blur, brightness_contrast)),
    *(partial(operation, IMAGES, CHANGES) for operation in OPERATIONS),
    partial(cutout, IMAGES, size=2),
    partial(random_erasing, IMAGES),
    partial(add_noise, IMAGES, sigma=0.1),
    partial(specaugment, IMAGES[:, 0], time_width=2, frequency_width=3),
    *(partial(change, IMAGES[:, 0]) for change in (change_volume, change_speed)),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.func.__name__)
def test_nothing_is_made_on_another_device(call):
    """On a device without values, any tensor made elsewhere would be an error."""
    out = call()
    assert out.device.type == "meta"
    assert out.shape == call.args[0].shape
