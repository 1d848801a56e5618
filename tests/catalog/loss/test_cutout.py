"""Cutout and random erasing, against naive loops and counts."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from catalog.lab.recipe import Part
from catalog.lab.tasks import images as task
from catalog.loss.cutout.experiment import apply, hidden
from catalog.loss.cutout.reference import box_mask, cutout, random_erasing

IMAGES = torch.rand(50, 2, 6, 9, generator=torch.Generator().manual_seed(1)) + 1
MANY = torch.ones(3000, 1, 8, 8)


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def box_of(blank):
    """Return top, left, height and width of the true values, which must be one full rectangle."""
    rows, columns = np.nonzero(blank)
    box = rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1
    assert blank.sum() == box[2] * box[3]
    return tuple(int(v) for v in box)


def test_a_mask_is_a_loop_s():
    """Boxes that reach over the border are cut off there."""
    top, left = torch.tensor([-1, 2, 5]), torch.tensor([-2, 7, 0])
    height, width = torch.tensor([3, 2, 0]), torch.tensor([4, 5, 9])
    mask = box_mask(top, left, height, width, IMAGES[:3])
    assert mask.shape == (3, 1, 6, 9)
    for i in range(3):
        for row in range(6):
            for column in range(9):
                inside = (
                    top[i] <= row < top[i] + height[i] and left[i] <= column < left[i] + width[i]
                )
                assert mask[i, 0, row, column] == bool(inside)


def test_a_square_is_blank_in_all_channels_and_the_rest_stays():
    """Each image has one box of the value, at most as large as asked for, and each its own."""
    out = cutout(IMAGES, 3, value=0.5, generator=seeded())
    boxes = set()
    for before, after in zip(IMAGES.numpy(), out.numpy(), strict=True):
        blank = after == 0.5
        assert (blank[0] == blank[1]).all()
        assert (after[~blank] == before[~blank]).all()
        box = box_of(blank[0])
        assert max(box[2:]) <= 3
        boxes.add(box)
    assert len(boxes) > 20


def test_every_pixel_can_be_the_centre():
    """An inner pixel is blank as often as its square has pixels, and a corner less often."""
    share = 1 - cutout(MANY, 3, generator=seeded()).mean((0, 1))
    assert share[4, 4] == pytest.approx(9 / 64, abs=0.02)
    assert share[0, 0] == pytest.approx(4 / 64, abs=0.02)
    assert share[7, 0] == pytest.approx(4 / 64, abs=0.02)


def test_a_rectangle_has_an_area_and_a_shape_of_the_range():
    """Areas and shapes spread over what is asked for, tall and wide alike."""
    out = random_erasing(torch.ones(500, 1, 64, 64), (0.1, 0.3), (0.5, 2.0), 1.0, 0.0, seeded())
    boxes = np.array([box_of(image[0].numpy() == 0) for image in out])
    area, ratio = boxes[:, 2] * boxes[:, 3] / 64**2, boxes[:, 2] / boxes[:, 3]
    assert 0.09 < area.min() < 0.13
    assert 0.27 < area.max() < 0.32
    assert 0.45 < ratio.min() < 0.6
    assert 1.7 < ratio.max() < 2.2
    assert np.median(ratio) == pytest.approx(1.0, abs=0.15)
    assert boxes[:, 0].min() == 0
    assert (boxes[:, 0] + boxes[:, 2]).max() == 64


def test_what_does_not_fit_leaves_the_image_whole():
    """A rectangle as large as the image is not drawn."""
    assert torch.equal(random_erasing(MANY, (1.0, 1.0), (1.0, 1.0), 1.0), MANY)


@pytest.mark.parametrize(
    "change", [partial(cutout, size=3), partial(random_erasing, scale=(0.2, 0.3))]
)
def test_the_probability_is_that_of_an_image(change):
    """Half of the images are changed at a half, none at zero; the generator alone decides."""
    assert torch.equal(change(MANY, p=0.0), MANY)
    out = change(MANY, p=0.5, generator=seeded())
    assert float((out != MANY).flatten(1).any(1).double().mean()) == pytest.approx(0.5, abs=0.04)
    assert torch.equal(out, change(MANY, p=0.5, generator=seeded()))


def test_a_square_of_no_size_changes_nothing():
    """The neutral setting gives the images bit by bit."""
    assert torch.equal(cutout(IMAGES, 0), IMAGES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(cutout, size=-1), "size must be at least 0. Got -1."),
        (partial(cutout, size=1, p=2.0), "p must be from 0 to 1. Got 2.0."),
        (
            partial(random_erasing, scale=(0.3, 0.1)),
            "scale must be two rising numbers from 0 to 1. Got (0.3, 0.1).",
        ),
        (
            partial(random_erasing, ratio=(0.0, 1.0)),
            "ratio must be two rising numbers above 0. Got (0.0, 1.0).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call(IMAGES)
    assert str(error.value) == message


def test_the_square_has_the_mean_color():
    """A quarter of eight pixels are two, filled with the mean of the training images."""
    recipe = task()
    (part,) = apply(recipe).augmentation
    assert part.settings["size"] == 2
    assert part.settings["value"] == pytest.approx(recipe.peek().train.x.mean().item())


def test_only_validation_images_are_hidden():
    """Training images stay, and every validation image loses at most nine pixels."""
    source = task().data
    before, after = source(3), Part(hidden, source=source, size=3)(3)
    assert torch.equal(before.train.x, after.train.x)
    lost = (before.val.x != after.val.x).flatten(1).sum(1)
    assert 0 < lost.max() <= 9
    assert torch.equal(before.val.y, after.val.y)
