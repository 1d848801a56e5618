"""Image augmentation, against naive loops and scipy's filter."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from scipy import ndimage

from catalog.lab.data import diabetes
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images as task
from catalog.loss.image_augmentation.experiment import apply
from catalog.loss.image_augmentation.reference import (
    blur,
    brightness_contrast,
    flip,
    shifted_crop,
)

IMAGES = torch.rand(40, 3, 6, 7, generator=torch.Generator().manual_seed(5))
EACH = pytest.mark.parametrize("change", [flip, shifted_crop, blur, brightness_contrast])


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


@EACH
def test_a_probability_of_zero_changes_nothing(change):
    """The neutral setting gives the images bit by bit."""
    assert torch.equal(change(IMAGES, p=0.0, generator=seeded()), IMAGES)


@EACH
def test_each_image_is_drawn_by_itself(change):
    """Of equal images some are changed and some are not, and the generator alone decides which."""
    same = IMAGES[:1].expand(60, -1, -1, -1)
    torch.manual_seed(1)
    first = change(same, p=0.5, generator=seeded())
    torch.manual_seed(2)
    assert torch.equal(first, change(same, p=0.5, generator=seeded()))
    assert not torch.equal(first, change(same, p=0.5, generator=seeded(1)))
    untouched = sum(torch.equal(one, same[0]) for one in first)
    assert 15 <= untouched <= 50


@EACH
def test_a_bad_probability_is_named(change):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="p must") as error:
        change(IMAGES, p=1.5)
    assert str(error.value) == "p must be from 0 to 1. Got 1.5."


def test_a_flip_reverses_the_columns():
    """With probability 1 each image is numpy's mirror image, and rows stay."""
    flipped = flip(IMAGES, p=1.0)
    np.testing.assert_array_equal(flipped, np.flip(IMAGES.numpy(), axis=3))


def test_a_shift_moves_every_image_by_its_own_offset():
    """Each image is the old one moved by whole pixels, by all offsets allowed and no others."""
    x = torch.rand(300, 2, 4, 5, generator=seeded(3)) + 0.1
    moved = shifted_crop(x, pixels=1, generator=seeded())
    seen = set()
    for before, after in zip(x, moved, strict=True):
        matches = [
            (down, right)
            for down in (-1, 0, 1)
            for right in (-1, 0, 1)
            if np.array_equal(ndimage.shift(before, (0, down, right), order=0), after)
        ]
        assert len(matches) == 1
        seen.update(matches)
    assert len(seen) == 9


def test_a_blur_is_scipy_s():
    """With one width for all it is `gaussian_filter` with the same reach and a mirrored border."""
    for radius, sigma in ((1, 0.8), (2, 1.5)):
        ours = blur(IMAGES, (sigma, sigma), radius, p=1.0)
        theirs = ndimage.gaussian_filter(
            IMAGES.double().numpy(), (0, 0, sigma, sigma), radius=radius, mode="mirror"
        )
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_widths_of_the_blur_differ_and_stay_in_their_range():
    """A point becomes a spot whose centre is as bright as some width in the range makes it."""
    point = torch.zeros(100, 1, 5, 5)
    point[:, :, 2, 2] = 1.0
    centre = blur(point, (0.5, 2.0), p=1.0, generator=seeded())[:, 0, 2, 2]
    narrow, wide = ((1 / (1 + 2 * np.exp(-1 / (2 * s**2)))) ** 2 for s in (0.5, 2.0))
    assert wide <= centre.min() < 0.3 * narrow + 0.7 * wide
    assert 0.8 * narrow < centre.max() <= narrow
    torch.testing.assert_close(blur(point, p=1.0).sum((1, 2, 3)), torch.ones(100))


def test_brightness_scales_and_contrast_spreads():
    """Brightness alone keeps ratios of pixels; contrast alone keeps the mean; both in range."""
    dim = 0.4 + 0.1 * IMAGES
    brighter = brightness_contrast(dim, 0.3, 0.0, p=1.0, generator=seeded())
    ratio = brighter / dim
    assert torch.allclose(ratio, ratio[:, :1, :1, :1].expand_as(ratio), atol=1e-5)
    assert 0.7 <= ratio.min() < 0.8
    assert 1.2 < ratio.max() <= 1.3
    sharper = brightness_contrast(dim, 0.0, 0.3, p=1.0, generator=seeded())
    torch.testing.assert_close(sharper.mean((1, 2, 3)), dim.mean((1, 2, 3)))
    spread = sharper.std((1, 2, 3)) / dim.std((1, 2, 3))
    assert 0.7 <= spread.min() < 0.8
    assert 1.2 < spread.max() <= 1.3


def test_values_end_at_the_limits():
    """What would be brighter than white is white."""
    out = brightness_contrast(IMAGES, 1.0, 1.0, p=1.0, generator=seeded())
    assert out.min() == 0
    assert out.max() == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(shifted_crop, pixels=-1), "pixels must be at least 0. Got -1."),
        (
            partial(blur, sigma=(0.0, 1.0)),
            "sigma must be two rising numbers above 0. Got (0.0, 1.0).",
        ),
        (partial(blur, radius=0), "radius must be at least 1. Got 0."),
        (partial(brightness_contrast, brightness=1.1), "brightness must be from 0 to 1. Got 1.1."),
        (
            partial(brightness_contrast, contrast=float("nan")),
            "contrast must be from 0 to 1. Got nan.",
        ),
        (
            partial(brightness_contrast, limits=(1.0, 1.0)),
            "limits must be two rising numbers. Got (1.0, 1.0).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call(IMAGES)
    assert str(error.value) == message


def test_tables_are_not_altered():
    """Numbers in a row have no neighbours to shift to."""
    with pytest.raises(NotApplicable) as refusal:
        apply(task().replace(data=Part(diabetes)))
    assert str(refusal.value) == "it alters images, and an input has the shape (10,)."


def test_the_limits_are_those_of_the_data():
    """Images in other units are not cut at 1."""
    (part,) = apply(task()).augmentation
    assert part.settings["limits"] == (0.0, 1.0)
    assert part.settings["pixels"] == 1
