"""CutMix, against a count of pixels."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from catalog.loss.cutmix.reference import cutmix

N = 400
IMAGES = torch.arange(N).view(N, 1, 1, 1).expand(N, 2, 8, 10).float()  # one color, its number
LABELS = torch.arange(N) % 4


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def test_labels_follow_the_pixels():
    """Each image holds one box of another one, and each label its share of the pixels."""
    x, y = cutmix(IMAGES, F.one_hot(torch.arange(N), N).float(), N, generator=seeded())
    foreign = 0
    for number, (image, target) in enumerate(zip(x.numpy(), y.numpy(), strict=True)):
        assert (image[0] == image[1]).all()
        expected = np.bincount(image[0].astype(int).ravel(), minlength=N) / 80
        np.testing.assert_allclose(target, expected, atol=1e-6)
        box = image[0] != number
        foreign += box.any()
        if box.any():
            rows, columns = np.nonzero(box)
            assert box.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
            assert len(np.unique(image[0][box])) == 1
    assert foreign > 0.8 * N


def test_boxes_have_the_sides_of_the_formula():
    """Where the border cuts nothing, the share of the area is 1 - λ with λ from the Beta."""
    big = torch.arange(2000.0).view(-1, 1, 1, 1).expand(-1, 1, 40, 40)
    x, _ = cutmix(big, torch.zeros(2000, dtype=torch.long), 2, 0.5, generator=seeded())
    foreign = (x != big)[:, 0].double()
    inside = (foreign[:, 0].sum(1) + foreign[:, -1].sum(1) + foreign[:, :, 0].sum(1)) == 0
    inside &= (foreign[:, :, -1].sum(1) == 0) & (foreign.sum((1, 2)) > 0)
    height = foreign[inside].sum(1).max(1).values
    width = foreign[inside].sum(2).max(1).values
    assert torch.equal(height, width)
    # A box of side s lies inside for 1 - s of the centres in each direction; undo that choice.
    shares = (height / 40) ** 2
    weights = 1 / (1 - height / 40) ** 2
    below = float(weights[shares < 0.04].sum() / weights[shares < 0.25].sum())
    expected = stats.beta(0.5, 0.5).cdf([0.04, 0.25])
    first = stats.beta(0.5, 0.5).cdf(1 / 40**2)  # smaller boxes have no pixel
    assert below == pytest.approx((expected[0] - first) / (expected[1] - first), abs=0.07)


def test_boxes_have_the_proportions_of_the_image_and_lie_around_any_pixel():
    """A box in an image three times as wide as high is so too, and no side is covered more."""
    wide = torch.arange(4000.0).view(-1, 1, 1, 1).expand(-1, 1, 20, 60)
    x, _ = cutmix(wide, torch.zeros(4000, dtype=torch.long), 2, generator=seeded())
    foreign = (x != wide)[:, 0]
    height, width = foreign.any(2).sum(1), foreign.any(1).sum(1)
    edges = [foreign[:, 0], foreign[:, -1], foreign[:, :, 0], foreign[:, :, -1]]
    inside = height > 0
    for edge in edges:
        inside &= ~edge.any(1)
    assert inside.sum() > 500
    # Both sides are rounded down to whole pixels.
    assert ((width >= 3 * height) & (width <= 3 * height + 2))[inside].all()
    covered = [float(edge.double().mean()) for edge in edges]
    assert covered[0] == pytest.approx(covered[1], rel=0.15)
    assert covered[2] == pytest.approx(covered[3], rel=0.15)


def test_class_numbers_become_mixed_probabilities():
    """Classes are made one-hot and mixed; each row sums to one."""
    _, y = cutmix(IMAGES, LABELS, 4, generator=seeded())
    torch.testing.assert_close(y.sum(1), torch.ones(N))
    assert (y.max(1).values < 1).double().mean() > 0.5


def test_a_probability_of_zero_changes_nothing():
    """The neutral setting keeps images and labels; at a half, about half are changed."""
    x, y = cutmix(IMAGES, LABELS, 4, p=0.0, generator=seeded())
    assert torch.equal(x, IMAGES)
    assert torch.equal(y.argmax(1), LABELS)
    assert y.max(1).values.min() == 1
    changed = cutmix(IMAGES, LABELS, 4, p=0.5, generator=seeded())[0] != IMAGES
    assert 0.3 < changed.flatten(1).any(1).double().mean() < 0.6


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(cutmix, alpha=0.0), "alpha must be above 0. Got 0.0."),
        (partial(cutmix, p=-1.0), "p must be from 0 to 1. Got -1.0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call(IMAGES, LABELS, 4)
    assert str(error.value) == message
