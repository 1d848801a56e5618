"""FixMatch, against a naive loop; what its views do to an image."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import nn

from catalog.lab.data import Split, digits
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few_labels
from catalog.loss.fixmatch.experiment import apply
from catalog.loss.fixmatch.reference import fixmatch_loss, strong_view, weak_view


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


WEAK, STRONG = (4 * torch.randn(2, 30, 3, generator=seeded(2))).unbind()
"""Used as logits: the model is the identity."""


@pytest.mark.parametrize("threshold", [0.0, 0.7, 0.95])
def test_it_is_a_loop_s(threshold):
    """The strong view's cross-entropy with the weak view's class counts where that is sure."""
    total, trusted = 0.0, 0
    for weak, strong in zip(WEAK.tolist(), STRONG.tolist(), strict=True):
        label = max(range(3), key=lambda k, row=weak: row[k])
        if math.exp(weak[label]) / sum(map(math.exp, weak)) >= threshold:
            total -= strong[label] - math.log(sum(map(math.exp, strong)))
            trusted += 1
    assert trusted > 0
    assert trusted < 30 or not threshold
    loss = fixmatch_loss(nn.Identity(), WEAK, STRONG, threshold)
    assert float(loss) == pytest.approx(total / 30, rel=1e-5)


def test_no_gradient_reaches_the_weak_view():
    """What gives the labels is not trained by them."""
    weak, strong = WEAK.clone().requires_grad_(), STRONG.clone().requires_grad_()
    fixmatch_loss(nn.Identity(), weak, strong, 0.5).backward()
    assert not weak.grad.any()
    assert strong.grad.any()


def test_both_views_share_their_batch_statistics():
    """A normalized network gives each view what it gives to both together."""
    norm = nn.BatchNorm1d(3)
    together = nn.BatchNorm1d(3)(torch.cat([WEAK, STRONG])).detach()
    expected = fixmatch_loss(nn.Identity(), together[:30], together[30:], 0.3)
    torch.testing.assert_close(fixmatch_loss(norm, WEAK, STRONG, 0.3).detach(), expected)


def test_a_weak_view_keeps_the_pixels_and_a_strong_one_does_not():
    """The weak view has the image's values at other places; the strong one has a square, too."""
    images = torch.rand(60, 1, 8, 8, generator=seeded()) * 0.4 + 0.55
    weak = weak_view(images, 1, seeded())
    assert set(weak.unique().tolist()) <= {0.0, *images.unique().tolist()}
    strong = strong_view(images, 1, 9, 2, (0.0, 1.0), seeded())
    assert ((strong == 0.5).flatten(1).sum(1) > 0).all()
    assert ((weak == 0.5).flatten(1).sum(1) == 0).all()
    assert not set(strong.unique().tolist()) <= {0.0, 0.5, *images.unique().tolist()}


def test_views_of_different_shapes_are_refused():
    """They cannot be the same examples."""
    with pytest.raises(ValueError, match="views") as error:
        fixmatch_loss(nn.Identity(), WEAK, STRONG[:5])
    assert str(error.value) == (
        "weak and strong must be views of the same examples. Got (30, 3) and (5, 3)."
    )


def flat_digits(seed):
    """Return digits as rows of numbers."""
    data = digits(seed, n_train=30)
    flat = Split(data.train.x.flatten(1), data.train.y)
    return dataclasses.replace(data, train=flat, unlabelled=data.unlabelled.flatten(1))


def test_rows_of_numbers_are_refused():
    """No strong view is known for them."""
    with pytest.raises(NotApplicable) as refusal:
        apply(few_labels().replace(data=Part(flat_digits)))
    assert str(refusal.value) == "it alters images, and an input has the shape (64,)."
