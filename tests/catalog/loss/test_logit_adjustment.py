"""Logit adjustment, against torch's loss and the rule of Bayes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab.data import Data, Split
from catalog.lab.tasks import imbalanced
from catalog.loss.logit_adjustment.experiment import adjust_network, apply, frequencies
from catalog.loss.logit_adjustment.reference import adjusted, logit_adjusted_cross_entropy

GENERATOR = torch.Generator().manual_seed(4)
LOGITS = torch.randn(20, 3, dtype=torch.float64, generator=GENERATOR)
TARGETS = torch.randint(0, 3, (20,), generator=GENERATOR)
PRIOR = torch.tensor([0.9, 0.09, 0.01], dtype=torch.float64)


@pytest.mark.parametrize("tau", [0.5, 1.0, 2.0])
def test_it_is_the_cross_entropy_of_weighted_exponentials(tau):
    """Written out: -log of π_y^τ e^z_y over the sum of π_k^τ e^z_k."""
    terms = PRIOR**tau * LOGITS.exp()
    naive = -torch.stack([(t[y] / t.sum()).log() for t, y in zip(terms, TARGETS, strict=True)])
    torch.testing.assert_close(
        logit_adjusted_cross_entropy(LOGITS, TARGETS, PRIOR, tau), naive.mean()
    )


def test_probabilities_count_like_classes():
    """One-hot targets have the loss of their classes."""
    torch.testing.assert_close(
        logit_adjusted_cross_entropy(LOGITS, F.one_hot(TARGETS, 3).double(), PRIOR),
        logit_adjusted_cross_entropy(LOGITS, TARGETS, PRIOR),
    )


def test_after_training_it_gives_the_posterior_of_balanced_classes():
    """Where p(k|x) ∝ π_k p(x|k), taking log π off leaves p(x|k), whose largest is best then."""
    likelihood = torch.rand(20, 3, dtype=torch.float64, generator=GENERATOR)
    posterior = PRIOR * likelihood / (PRIOR * likelihood).sum(1, keepdim=True)
    balanced = torch.softmax(adjusted(posterior.log(), PRIOR, -1.0), 1)
    torch.testing.assert_close(balanced, likelihood / likelihood.sum(1, keepdim=True))


@pytest.mark.parametrize("prior", [PRIOR, torch.ones(3, dtype=torch.float64) / 3])
def test_neutral_settings_leave_the_cross_entropy(prior):
    """A τ of 0, or equal frequencies at any scale, change nothing."""
    expected = F.cross_entropy(LOGITS, TARGETS)
    tau = 0.0 if prior is PRIOR else 1.0
    torch.testing.assert_close(
        logit_adjusted_cross_entropy(LOGITS, TARGETS, 7 * prior, tau), expected
    )


def test_a_recipe_uses_the_frequencies_of_its_training_set():
    """The loss is torch's on the logits plus the log of the counts."""
    recipe = imbalanced()
    counts = torch.bincount(recipe.peek().train.y)
    logits = torch.randn(30, 10, generator=GENERATOR)
    targets = torch.arange(30) % 10
    torch.testing.assert_close(
        apply(recipe).loss(logits, targets), F.cross_entropy(logits + counts.log(), targets)
    )


def test_a_trained_network_is_adjusted_by_the_counts():
    """The rarer of two classes gains the log of the ratio of the counts."""
    split = Split(torch.zeros(8, 2), torch.tensor([0] * 6 + [1] * 2))
    data = Data("classification", split, split, 2)
    model = adjust_network(nn.Identity(), data, imbalanced(), 1.0)
    gained = model(torch.zeros(1, 2))[0]
    torch.testing.assert_close(gained[1] - gained[0], torch.tensor(3.0).log())


def test_a_class_without_examples_counts_as_half_of_one():
    """Its frequency stays above zero."""
    expected = torch.tensor([4.0, 0.5], dtype=torch.float64) / 4.5
    torch.testing.assert_close(frequencies(torch.tensor([4, 0])), expected)


def test_a_bad_tau_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="tau must be") as error:
        logit_adjusted_cross_entropy(LOGITS, TARGETS, PRIOR, -1.0)
    assert str(error.value) == "tau must be at least 0. Got -1.0."


def test_a_bad_prior_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="prior must be") as error:
        adjusted(LOGITS, torch.tensor([0.5, 0.5, 0.0]))
    assert str(error.value) == "prior must be above 0 for every class. Got [0.5, 0.5, 0.0]."
