"""Class weights, against scikit-learn's and their defining properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import nn
from torch.nn import functional as F

from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import imbalanced
from catalog.lab.train import train
from catalog.loss.class_weights.experiment import apply, recalls
from catalog.loss.class_weights.reference import effective_number, inverse_frequency

COUNTS = torch.tensor([80, 3, 17, 1])


def test_they_are_scikit_learn_s_balanced_weights():
    """The inverse frequency is what `class_weight="balanced"` means."""
    labels = np.repeat(np.arange(4), COUNTS.numpy())
    expected = compute_class_weight("balanced", classes=np.arange(4), y=labels)
    np.testing.assert_allclose(inverse_frequency(COUNTS).numpy(), expected, rtol=1e-6)


def test_every_class_counts_the_same_in_sum():
    """With full weights n_k w_k is one number; with half the power it is the root of n_k."""
    torch.testing.assert_close(COUNTS * inverse_frequency(COUNTS), torch.full((4,), 101 / 4))
    half = COUNTS * inverse_frequency(COUNTS, power=0.5)
    torch.testing.assert_close(half / half[3], COUNTS.float().sqrt())


def test_an_effective_number_is_a_sum_of_powers():
    """The n-th example of a class adds β^(n-1); weights are inverse to the sum, and sum to K."""
    beta = 0.9
    sums = [sum(beta**i for i in range(n)) for n in COUNTS.tolist()]
    weights = effective_number(COUNTS, beta)
    assert float(weights.sum()) == pytest.approx(4, rel=1e-6)
    np.testing.assert_allclose(weights.numpy() * sums, weights[3].item() * sums[3], rtol=1e-6)


def test_neutral_settings_weigh_all_classes_alike():
    """A power of 0 and a β of 0 change nothing."""
    assert torch.equal(inverse_frequency(COUNTS, power=0.0), torch.ones(4))
    assert torch.equal(effective_number(COUNTS, beta=0.0), torch.ones(4))


@pytest.mark.parametrize("weights", [inverse_frequency, effective_number])
def test_a_class_without_examples_has_no_weight(weights):
    """It is left out, and the others get what they would get alone."""
    with_it, without = weights(torch.tensor([5, 0, 20])), weights(torch.tensor([5, 20]))
    assert torch.equal(with_it[[0, 2]], without)
    assert with_it[1] == 0


def test_a_recipe_trains_the_weighted_loss():
    """The loss is torch's with the weights of the training set."""
    recipe = imbalanced()
    counts = torch.bincount(recipe.peek().train.y)
    logits = torch.randn(30, 10, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(30) % 10
    weight = counts.sum() / (10 * counts)
    torch.testing.assert_close(
        apply(recipe).loss(logits, targets), F.cross_entropy(logits, targets, weight=weight)
    )


def test_another_loss_is_not_replaced():
    """A recipe that trains its own loss is refused with its name."""
    with pytest.raises(NotApplicable) as refusal:
        apply(imbalanced().replace(loss=Part(F.multi_margin_loss)))
    assert str(refusal.value) == (
        "it takes the place of the cross-entropy, and torch.nn.functional:multi_margin_loss is"
        " used."
    )


class _AlwaysFrequent(nn.Module):
    """Answers with the true class if it is below 5, else with 0; reads the label off a pixel."""

    def forward(self, x):
        label = x.flatten(1)[:, 0].round().long()
        return F.one_hot(torch.where(label < 5, label, 0), 10).float()


def test_recalls_tell_rare_from_frequent():
    """A network that is right on the frequent classes alone has recalls of 0 and 1."""
    fit = train(imbalanced().replace(epochs=1, evaluate_every=1))
    fit.data.val.x.flatten(1)[:, 0] = fit.data.val.y.float()
    object.__setattr__(fit, "model", _AlwaysFrequent())
    assert recalls(fit) == {"rare_recall": 0.0, "frequent_recall": 1.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: inverse_frequency(torch.tensor([3, -1])),
            "counts must be at least 0, and not all of them 0. Got [3, -1].",
        ),
        (
            lambda: effective_number(torch.tensor([0, 0])),
            "counts must be at least 0, and not all of them 0. Got [0, 0].",
        ),
        (lambda: inverse_frequency(COUNTS, power=-1), "power must be at least 0. Got -1."),
        (
            lambda: effective_number(COUNTS, beta=1.0),
            "beta must be at least 0 and below 1. Got 1.0.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
