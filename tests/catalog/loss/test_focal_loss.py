"""Focal loss, against a naive loop and torch's cross-entropies."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from catalog.loss.focal_loss.reference import focal_loss, sigmoid_focal_loss

GENERATOR = torch.Generator().manual_seed(5)
LOGITS = torch.randn(20, 4, dtype=torch.float64, generator=GENERATOR) * 2
TARGETS = torch.randint(0, 4, (20,), generator=GENERATOR)
BINARY = torch.randint(0, 2, (20, 4), generator=GENERATOR)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_a_loop_gives_the_same(gamma):
    """Example by example it is -(1 - p)^γ log p."""
    naive = []
    for row, y in zip(LOGITS.tolist(), TARGETS.tolist(), strict=True):
        p = math.exp(row[y]) / sum(map(math.exp, row))
        naive.append(-((1 - p) ** gamma) * math.log(p))
    losses = focal_loss(LOGITS, TARGETS, gamma, reduction="none")
    torch.testing.assert_close(losses, torch.tensor(naive, dtype=torch.float64))
    torch.testing.assert_close(focal_loss(LOGITS, TARGETS, gamma), losses.mean())
    torch.testing.assert_close(focal_loss(LOGITS, TARGETS, gamma, "sum"), losses.sum())


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (0.75, 0.5), (-1, 2.0), (0.0, 1.0)])
def test_a_loop_gives_the_same_for_two_classes(alpha, gamma):
    """Logit by logit it is -α_t (1 - p_t)^γ log p_t, with α on the ones."""
    naive = []
    pairs = zip(LOGITS.flatten().tolist(), BINARY.flatten().tolist(), strict=True)
    for z, y in pairs:
        p = 1 / (1 + math.exp(-z))
        p_t = p if y else 1 - p
        alpha_t = 1 if alpha == -1 else alpha if y else 1 - alpha
        naive.append(-alpha_t * (1 - p_t) ** gamma * math.log(p_t))
    losses = sigmoid_focal_loss(LOGITS, BINARY, alpha, gamma, reduction="none")
    torch.testing.assert_close(losses.flatten(), torch.tensor(naive, dtype=torch.float64))
    torch.testing.assert_close(sigmoid_focal_loss(LOGITS, BINARY, alpha, gamma), losses.mean())


def test_two_logits_are_one():
    """A softmax over z and 0 is a sigmoid of z."""
    z = LOGITS[:, 0]
    both = torch.stack([torch.zeros_like(z), z], 1)
    torch.testing.assert_close(
        focal_loss(both, BINARY[:, 0], 2.0), sigmoid_focal_loss(z, BINARY[:, 0], -1, 2.0)
    )


def test_a_gamma_of_zero_is_the_cross_entropy():
    """Value and gradient are torch's, at sure and at wrong predictions too."""
    logits = torch.cat([LOGITS, torch.eye(4, dtype=torch.float64) * 80])
    targets = torch.cat([TARGETS, torch.tensor([0, 1, 0, 0])])
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    loss, expected = focal_loss(ours, targets, 0.0), F.cross_entropy(theirs, targets)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(
        sigmoid_focal_loss(LOGITS, BINARY, -1, 0.0),
        F.binary_cross_entropy_with_logits(LOGITS, BINARY.double()),
    )


def test_probabilities_share_the_loss_among_classes():
    """One-hot targets have the loss of their class, mixed ones the mixture."""
    one_hot = F.one_hot(TARGETS, 4).double()
    torch.testing.assert_close(focal_loss(LOGITS, one_hot), focal_loss(LOGITS, TARGETS))
    mixed = 0.3 * one_hot + 0.7 * one_hot.roll(1, dims=1)
    expected = 0.3 * focal_loss(LOGITS, TARGETS) + 0.7 * focal_loss(LOGITS, (TARGETS + 1) % 4)
    torch.testing.assert_close(focal_loss(LOGITS, mixed), expected)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("scale", [100.0, -100.0])
def test_extreme_logits_give_finite_gradients(gamma, scale):
    """A prediction that is right or wrong beyond rounding has a finite loss and slope."""
    logits = (scale * torch.eye(3)).requires_grad_()
    (focal_loss(logits, torch.arange(3), gamma)).backward()
    assert torch.isfinite(logits.grad).all()
    single = torch.tensor([scale], requires_grad=True)
    sigmoid_focal_loss(single, torch.ones(1), gamma=gamma).backward()
    assert torch.isfinite(single.grad).all()


def test_undefined_logits_are_not_hidden():
    """A NaN among the logits gives a NaN."""
    assert focal_loss(torch.tensor([[float("nan"), 1.0]]), torch.tensor([1])).isnan()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: focal_loss(LOGITS, TARGETS, gamma=-1), "gamma must be at least 0. Got -1."),
        (
            lambda: focal_loss(LOGITS, TARGETS, reduction="total"),
            "reduction must be mean, sum or none. Got total.",
        ),
        (
            lambda: sigmoid_focal_loss(LOGITS, BINARY, alpha=1.5),
            "alpha must be from 0 to 1, or -1. Got 1.5.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
