"""Label smoothing, against torch's own."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from catalog.loss.label_smoothing.reference import (
    loss_floor,
    smooth_targets,
    smoothed_cross_entropy,
)

GENERATOR = torch.Generator().manual_seed(3)
LOGITS = torch.randn(20, 7, dtype=torch.float64, generator=GENERATOR) * 5
TARGETS = torch.randint(0, 7, (20,), generator=GENERATOR)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.1, 0.5, 1.0])
def test_it_is_torch_s_loss(smoothing):
    """Value and gradient are those of `cross_entropy(label_smoothing=...)`."""
    ours, theirs = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    loss = smoothed_cross_entropy(ours, TARGETS, smoothing)
    expected = F.cross_entropy(theirs, TARGETS, label_smoothing=smoothing)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_probabilities_are_smoothed_like_classes():
    """Targets that mixup has mixed are smoothed in the same way."""
    mixed = torch.softmax(LOGITS.flip(0), 1)
    torch.testing.assert_close(
        smoothed_cross_entropy(LOGITS, mixed, 0.2),
        F.cross_entropy(LOGITS, mixed, label_smoothing=0.2),
    )


def test_smoothed_targets_are_probabilities():
    """They sum to one, and every wrong class gets the same share."""
    targets = smooth_targets(torch.tensor([2]), 4, 0.2)
    torch.testing.assert_close(targets, torch.tensor([[0.05, 0.05, 0.85, 0.05]]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 1.0])
def test_the_floor_is_where_the_loss_ends(smoothing):
    """The best possible logits, the log of the targets, have the loss of the floor."""
    targets = smooth_targets(torch.tensor([1], dtype=torch.int64), 10, smoothing).double()
    best = smoothed_cross_entropy(targets.clamp(min=1e-300).log(), torch.tensor([1]), smoothing)
    assert math.isclose(loss_floor(10, smoothing), float(best), abs_tol=1e-12)


@pytest.mark.parametrize("smoothing", [-0.1, 1.1, float("nan")])
def test_a_bad_smoothing_is_named(smoothing):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="smoothing must be from 0 to 1") as error:
        smoothed_cross_entropy(LOGITS, TARGETS, smoothing)
    assert str(error.value) == f"smoothing must be from 0 to 1. Got {smoothing}."
