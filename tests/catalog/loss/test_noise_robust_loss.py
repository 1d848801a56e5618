"""Generalized cross-entropy, against a naive loop and its two limits."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from catalog.lab.tasks import noisy
from catalog.lab.train import train
from catalog.loss.noise_robust_loss.experiment import apply, outcome
from catalog.loss.noise_robust_loss.reference import generalized_cross_entropy

GENERATOR = torch.Generator().manual_seed(10)
LOGITS = torch.randn(20, 5, dtype=torch.float64, generator=GENERATOR) * 2
TARGETS = torch.randint(0, 5, (20,), generator=GENERATOR)


@pytest.mark.parametrize("q", [0.01, 0.3, 0.7, 1.0])
def test_a_loop_gives_the_same(q):
    """Example by example it is (1 - p^q) / q."""
    naive = []
    for row, y in zip(LOGITS.tolist(), TARGETS.tolist(), strict=True):
        p = math.exp(row[y]) / sum(map(math.exp, row))
        naive.append((1 - p**q) / q)
    losses = generalized_cross_entropy(LOGITS, TARGETS, q, "none")
    torch.testing.assert_close(losses, torch.tensor(naive, dtype=torch.float64))
    torch.testing.assert_close(generalized_cross_entropy(LOGITS, TARGETS, q), losses.mean())
    torch.testing.assert_close(generalized_cross_entropy(LOGITS, TARGETS, q, "sum"), losses.sum())


def test_at_one_it_is_half_the_absolute_error():
    """The absolute error of the probabilities from the one-hot label, summed over classes."""
    error = (LOGITS.softmax(1) - F.one_hot(TARGETS, 5)).abs().sum(1).mean()
    torch.testing.assert_close(generalized_cross_entropy(LOGITS, TARGETS, 1.0), error / 2)


@pytest.mark.parametrize("q", [0.0, 1e-9])
def test_at_zero_it_is_the_cross_entropy(q):
    """At 0, and next to it, value and gradient are torch's cross-entropy."""
    ours, theirs = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    loss, expected = generalized_cross_entropy(ours, TARGETS, q), F.cross_entropy(theirs, TARGETS)
    loss.backward()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_improbable_labels_pull_less():
    """The gradient is the cross-entropy's times p^q, in each example."""
    logits = LOGITS.clone().requires_grad_()
    generalized_cross_entropy(logits, TARGETS, 0.7, "sum").backward()
    p = LOGITS.softmax(1)
    own = p.gather(1, TARGETS[:, None])
    torch.testing.assert_close(logits.grad, own**0.7 * (p - F.one_hot(TARGETS, 5)))


def test_probabilities_share_the_loss_among_classes():
    """Mixed targets have the mixture of the classes' losses."""
    one_hot = F.one_hot(TARGETS, 5).double()
    mixed = 0.3 * one_hot + 0.7 * one_hot.roll(1, dims=1)
    expected = 0.3 * generalized_cross_entropy(LOGITS, TARGETS) + (
        0.7 * generalized_cross_entropy(LOGITS, (TARGETS + 1) % 5)
    )
    torch.testing.assert_close(generalized_cross_entropy(LOGITS, mixed), expected)


@pytest.mark.parametrize("scale", [1e4, -1e4])
def test_extreme_logits_give_finite_losses_and_gradients(scale):
    """A label of probability zero costs 1/q and no more."""
    logits = (scale * torch.eye(3)).requires_grad_()
    loss = generalized_cross_entropy(logits, torch.arange(3))
    loss.backward()
    assert loss.item() == pytest.approx(0.0 if scale > 0 else 1 / 0.7, abs=1e-6)
    assert torch.isfinite(logits.grad).all()


def test_undefined_logits_are_not_hidden():
    """A NaN among the logits gives a NaN."""
    loss = generalized_cross_entropy(torch.tensor([[float("nan"), 1.0]]), torch.tensor([1]))
    assert loss.isnan()


def test_a_network_that_does_not_believe_its_labels_has_not_diverged():
    """Its results are its own; those of a run that broke are the constant prediction's."""
    recipe = apply(noisy(0.6)).replace(epochs=30, evaluate_every=30)
    sane = outcome(0, recipe)
    assert sane["val_accuracy"] > 0.5
    assert sane == train(recipe.replace(seed=0)).final
    broken = outcome(0, recipe.replace(lr=1e30))
    assert broken["val_accuracy"] == 0.1
    assert math.isfinite(broken["val_loss"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"q": -0.1}, "q must be from 0 to 1. Got -0.1."),
        ({"q": 1.1}, "q must be from 0 to 1. Got 1.1."),
        ({"q": float("nan")}, "q must be from 0 to 1. Got nan."),
        ({"reduction": "total"}, "reduction must be mean, sum or none. Got total."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        generalized_cross_entropy(LOGITS, TARGETS, **settings)
    assert str(error.value) == message
