"""Balanced sampling, by the shares that it draws."""

from __future__ import annotations

import pytest
import torch

from catalog.lab.data import Split
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import imbalanced
from catalog.loss.balanced_sampling.experiment import apply
from catalog.loss.balanced_sampling.reference import sample, sampling_probabilities

LABELS = torch.tensor([0] * 90 + [1] * 9 + [2])


def _share_of_classes(probabilities):
    return torch.stack([probabilities[k == LABELS].sum() for k in range(3)])


def test_classes_are_alike_and_so_are_the_examples_of_one():
    """Each class has a third of the probability, shared evenly in it."""
    probabilities = sampling_probabilities(LABELS)
    torch.testing.assert_close(
        _share_of_classes(probabilities), torch.full((3,), 1 / 3, dtype=torch.float64)
    )
    assert probabilities[:90].unique().numel() == 1


def test_a_power_of_zero_is_the_natural_sampling():
    """Each example is then as likely as any other."""
    expected = torch.full((100,), 0.01, dtype=torch.float64)
    torch.testing.assert_close(sampling_probabilities(LABELS, power=0.0), expected)


def test_half_the_power_is_the_root_of_the_frequency():
    """Classes are drawn in proportion to the root of their numbers, as the source's q = 1/2."""
    roots = torch.tensor([90.0, 9.0, 1.0], dtype=torch.float64).sqrt()
    torch.testing.assert_close(
        _share_of_classes(sampling_probabilities(LABELS, power=-0.5)), roots / roots.sum()
    )


def test_what_is_drawn_has_these_shares():
    """Of many draws a third falls on each class, single examples drawn many times."""
    drawn = sample(LABELS, 30_000, torch.Generator().manual_seed(0))
    shares = LABELS[drawn].bincount() / 30_000
    # Four standard deviations of a share of a third in 30,000 draws are 0.011.
    assert (shares - 1 / 3).abs().max() < 0.011
    assert drawn.unique().numel() == 100


def test_a_recipe_draws_an_epoch_of_balanced_examples():
    """An epoch is as long as before, and half of it shows the rare half of the classes."""
    split = imbalanced().peek().train
    order = apply(imbalanced()).order
    drawn = order(split, 0, 10, torch.Generator().manual_seed(0))
    assert len(drawn) == len(split)
    assert 0.4 < float((split.y[drawn] >= 5).double().mean()) < 0.6


def test_a_class_without_examples_is_no_obstacle():
    """A gap in the class numbers is not drawn."""
    labels = torch.tensor([0, 0, 3])
    expected = torch.tensor([0.25, 0.25, 0.5], dtype=torch.float64)
    torch.testing.assert_close(sampling_probabilities(labels), expected)


def _own_order(split: Split, epoch, epochs, generator):  # noqa: ARG001
    return torch.arange(len(split))


def test_another_order_is_not_replaced():
    """A recipe that orders its examples itself is refused."""
    with pytest.raises(NotApplicable, match="orders them already"):
        apply(imbalanced().replace(order=Part(_own_order)))


@pytest.mark.parametrize("power", [-1.1, 0.1, float("nan")])
def test_a_bad_power_is_named(power):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="power must be") as error:
        sampling_probabilities(LABELS, power)
    assert str(error.value) == f"power must be from -1 to 0. Got {power}."


def test_a_bad_count_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="count must be") as error:
        sample(LABELS, 0, torch.Generator())
    assert str(error.value) == "count must be at least 1. Got 0."
