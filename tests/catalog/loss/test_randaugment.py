"""RandAugment, against scipy's transforms and counts."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy import ndimage

from catalog.loss.randaugment import reference
from catalog.loss.randaugment.reference import OPERATIONS, randaugment


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


IMAGES = torch.rand(6, 2, 9, 12, generator=seeded(1))
CHANGES = torch.tensor([1.0, -1.0, 0.3, -0.3, 0.7, 0.1])


def scipy_affine(image, matrix, shift):
    """Return a transform about the centre; rows first, as scipy counts."""
    centre = (np.array(image.shape[1:]) - 1) / 2
    offset = centre - matrix @ centre + shift
    # A border of zeros: scipy cuts at the outermost pixels' centres, torch fades out over one.
    padded = np.pad(image, ((0, 0), (4, 4), (4, 4)))
    return np.stack(
        [
            ndimage.affine_transform(
                channel, matrix, offset + 4 - matrix @ np.array([4, 4]), order=1
            )[4:-4, 4:-4]
            for channel in padded
        ]
    )


@pytest.mark.parametrize("name", ["shear_x", "shear_y", "translate_x", "translate_y", "rotate"])
def test_geometry_is_scipy_s(name):
    """Each operation is the affine transform of its name, by its share of the greatest change."""
    out = getattr(reference, name)(IMAGES, CHANGES)
    for image, changed, s in zip(IMAGES.numpy(), out.numpy(), CHANGES.tolist(), strict=True):
        turn = math.radians(30) * s
        matrix, shift = {
            "shear_x": ([[1, 0], [0.3 * s, 1]], [0, 0]),
            "shear_y": ([[1, 0.3 * s], [0, 1]], [0, 0]),
            "translate_x": ([[1, 0], [0, 1]], [0, 150 / 331 * 12 * s]),
            "translate_y": ([[1, 0], [0, 1]], [150 / 331 * 9 * s, 0]),
            "rotate": (
                [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]],
                [0, 0],
            ),
        }[name]
        expected = scipy_affine(image, np.array(matrix), np.array(shift))
        np.testing.assert_allclose(changed, expected, atol=1e-5)


def test_brightness_contrast_and_sharpness_are_blends():
    """Each moves along the line from black, the mean, or a smoothed image; in naive loops."""
    x = IMAGES.double().numpy()
    smooth = x.copy()
    for row in range(1, 8):
        for column in range(1, 11):
            patch = x[:, :, row - 1 : row + 2, column - 1 : column + 2]
            smooth[:, :, row, column] = (patch.sum((2, 3)) + 4 * patch[:, :, 1, 1]) / 13
    anchors = {
        "brightness": 0 * x,
        "contrast": x.mean((1, 2, 3), keepdims=True),
        "sharpness": smooth,
    }
    f = 1 + 0.9 * CHANGES.numpy()[:, None, None, None]
    for name, anchor in anchors.items():
        out = getattr(reference, name)(IMAGES, CHANGES)
        np.testing.assert_allclose(out, anchor + f * (x - anchor), atol=1e-5)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_change_is_no_change(operation):
    """Every operation leaves images alone at a change of zero."""
    torch.testing.assert_close(operation(IMAGES, torch.zeros(6)), IMAGES)


def test_each_image_gets_one_of_all_operations():
    """Of many equal images, each is one operation with one sign, and all are about as frequent."""
    count = 1700
    same = IMAGES[:1].expand(count, -1, -1, -1)
    out = randaugment(same, 1, 15, (-9.0, 9.0), seeded())
    possible = torch.cat(
        [op(IMAGES[:1], torch.tensor([s])) for op in OPERATIONS for s in (-0.5, 0.5)]
    )
    distance = torch.cdist(out.flatten(1), possible.flatten(1))
    assert distance.min(1).values.max() < 0.02
    counts = torch.bincount(distance.argmin(1), minlength=18)
    assert counts[0] == pytest.approx(count / 9, rel=0.35)  # the identity has no sign
    assert all(abs(int(c) - count / 18) < 40 for c in counts[2:])


def test_two_operations_are_one_after_the_other():
    """Drawing twice is the same as one call on the result of another."""
    twice = randaugment(IMAGES, 2, 12, generator=seeded())
    generator = seeded()
    once = randaugment(IMAGES, 1, 12, generator=generator)
    assert torch.equal(twice, randaugment(once, 1, 12, generator=generator))


@pytest.mark.parametrize("settings", [{"magnitude": 0}, {"num_ops": 0}])
def test_the_neutral_setting_changes_nothing(settings):
    """No strength and no operations give the images bit by bit."""
    assert torch.equal(randaugment(IMAGES, **settings), IMAGES)


def test_values_end_at_the_limits_and_the_images_given_stay():
    """Nothing leaves the range, and the batch that came is not written to."""
    before = IMAGES.clone()
    out = randaugment(IMAGES, 3, 30, generator=seeded())
    assert out.min() >= 0
    assert out.max() <= 1
    assert torch.equal(IMAGES, before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(randaugment, num_ops=-1), "num_ops must be at least 0. Got -1."),
        (partial(randaugment, magnitude=31), "magnitude must be from 0 to 30. Got 31."),
        (
            partial(randaugment, limits=(1.0, 0.0)),
            "limits must be two rising numbers. Got (1.0, 0.0).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call(IMAGES)
    assert str(error.value) == message
