"""Mixup, against scipy's distribution and a naive loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few
from catalog.loss.mixup.experiment import apply
from catalog.loss.mixup.reference import draw_beta, mix, mixup

CPU = torch.device("cpu")


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 2.0, 8.0, 32.0])
def test_weights_are_drawn_from_the_beta_distribution(alpha):
    """A test of Kolmogorov and Smirnov cannot tell them from scipy's Beta(α, α)."""
    weights = draw_beta(4000, alpha, CPU, seeded())
    assert stats.kstest(weights, stats.beta(alpha, alpha).cdf).pvalue > 0.01
    assert stats.kstest(weights, stats.beta(2 * alpha, alpha).cdf).pvalue < 1e-6


def test_a_tiny_alpha_gives_all_of_one_example():
    """Where X itself underflows the weights still are numbers, 0 or 1 about equally often."""
    weights = draw_beta(400, 1e-4, CPU, seeded())
    assert ((weights < 1e-3) | (weights > 1 - 1e-3)).double().mean() > 0.98
    assert 0.4 < weights.mean() < 0.6


def test_a_mix_is_a_loop_s():
    """Each example has its own weight, in images as in rows."""
    x, partner = torch.randn(2, 5, 1, 3, 4, generator=seeded())
    weight = torch.rand(5, generator=seeded(1))
    expected = x.clone()
    for i in range(5):
        for row in range(3):
            for column in range(4):
                w = float(weight[i])
                value = w * float(x[i, 0, row, column]) + (1 - w) * float(
                    partner[i, 0, row, column]
                )
                expected[i, 0, row, column] = value
    torch.testing.assert_close(mix(x, partner, weight), expected)


def test_inputs_and_labels_share_weight_and_partner():
    """Inputs that are the one-hot labels themselves stay equal to the targets."""
    y = torch.arange(6)
    x_mixed, y_mixed = mixup(F.one_hot(y, 6).float(), y, 6, 1.0, seeded())
    torch.testing.assert_close(x_mixed, y_mixed)
    torch.testing.assert_close(y_mixed.sum(1), torch.ones(6))
    assert (y_mixed > 0).sum(1).max() == 2
    # Each example appears in all once as itself and once as a partner, with any weights.
    assert len({round(float(row.max()), 6) for row in y_mixed}) > 3


def test_probabilities_are_mixed_like_classes():
    """Targets that were smoothed before are mixed, too."""
    y = torch.tensor([0, 2, 1, 1])
    x = torch.randn(4, 3, generator=seeded())
    one, two = (mixup(x, t, 3, 0.5, seeded(4)) for t in (y, F.one_hot(y, 3).float()))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])


def test_the_loss_of_mixed_labels_is_the_mixed_loss():
    """Cross-entropy with ỹ is λ times that with y_i plus (1 - λ) times that with y_j."""
    logits = torch.randn(4, 3, generator=seeded())
    y, partner = torch.tensor([0, 1, 2, 0]), torch.tensor([2, 2, 1, 0])
    weight = torch.tensor([0.1, 0.7, 0.5, 1.0])
    mixed = mix(F.one_hot(y, 3).float(), F.one_hot(partner, 3).float(), weight)
    each = [F.cross_entropy(logits, t, reduction="none") for t in (y, partner)]
    expected = (weight * each[0] + (1 - weight) * each[1]).mean()
    torch.testing.assert_close(F.cross_entropy(logits, mixed), expected)


def test_an_alpha_of_zero_changes_nothing():
    """The neutral setting keeps the inputs and makes the labels one-hot."""
    x, y = torch.randn(4, 3), torch.tensor([0, 2, 1, 1])
    same, targets = mixup(x, y, 3, 0.0, seeded())
    assert torch.equal(same, x)
    np.testing.assert_array_equal(targets, np.eye(3)[y])


@pytest.mark.parametrize("alpha", [-0.1, float("inf"), float("nan")])
def test_a_bad_alpha_is_named(alpha):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="alpha must") as error:
        mixup(torch.zeros(2, 3), torch.tensor([0, 1]), 2, alpha)
    assert str(error.value) == f"alpha must be at least 0. Got {alpha}."
    with pytest.raises(ValueError, match=r"alpha must be above 0\. Got 0\."):
        draw_beta(3, 0, CPU)


X = torch.zeros(4, 3)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, torch.tensor([0, 1, 2, 3]), "y must be class numbers from 0 to 2. Got 3."),
        (X, torch.tensor([0, -1, 2, 1]), "y must be class numbers from 0 to 2. Got -1."),
        (X, torch.ones(4), "y must be whole class numbers. Got torch.float32."),
        (
            X,
            torch.ones(4, 2),
            "y must be (n,) class numbers or (n, 3) probabilities. Got the shape (4, 2).",
        ),
        (X, torch.tensor([0, 1]), "x and y must be of the same examples. Got 4 and 2."),
        (X.numpy(), np.zeros(4, int), "x and y must be tensors. Got ndarray, ndarray."),
    ],
    ids=["too large", "negative", "numbers", "width", "length", "numpy"],
)
def test_targets_that_do_not_fit_are_named(x, y, message):
    """Torch's own words would tell of indices."""
    with pytest.raises(ValueError, match="must be") as error:
        mixup(x, y, 3)
    assert str(error.value) == message


def test_class_numbers_of_any_whole_type_are_taken():
    """Bytes and 32 bits are as good as 64."""
    expected = mixup(X, torch.tensor([0, 1, 2, 1]), 3, 1.0, seeded())[1]
    for dtype in (torch.uint8, torch.int32):
        assert torch.equal(
            mixup(X, torch.tensor([0, 1, 2, 1], dtype=dtype), 3, 1.0, seeded())[1], expected
        )


def whole_labels_only(outputs, targets):
    """Return a loss that wants class numbers."""
    return F.nll_loss(outputs.log_softmax(1), targets)


def test_a_loss_for_whole_labels_is_refused():
    """It would fail at the first batch; the reason is given before."""
    with pytest.raises(NotApplicable) as refusal:
        apply(few().replace(loss=Part(whole_labels_only)))
    assert str(refusal.value).endswith("whole_labels_only takes whole ones only.")
