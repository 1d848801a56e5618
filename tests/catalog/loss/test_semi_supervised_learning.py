"""Semi-supervised learning: label propagation against scikit-learn's and against a walk."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.semi_supervised import LabelPropagation

from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few_labels
from catalog.loss.semi_supervised_learning.experiment import apply, of_other_classes
from catalog.loss.semi_supervised_learning.reference import propagate_labels, ramp_up

GENERATOR = torch.Generator().manual_seed(2)
LABELLED = torch.randn(6, 3, generator=GENERATOR)
TARGETS = torch.tensor([0, 1, 2, 0, 1, 2])
UNLABELLED = torch.randn(20, 3, generator=GENERATOR)


@pytest.mark.parametrize("sigma", [0.7, 1.5])
def test_it_is_scikit_learn_s(sigma):
    """Iterating the walk until nothing changes ends at the solution of the equations."""
    theirs = LabelPropagation(gamma=1 / sigma**2, max_iter=100_000, tol=1e-10)
    x = torch.cat([LABELLED, UNLABELLED]).double().numpy()
    theirs.fit(x, np.concatenate([TARGETS, -np.ones(20)]))
    ours = propagate_labels(LABELLED, TARGETS, UNLABELLED, 3, sigma, restart=0.0)
    np.testing.assert_allclose(ours, theirs.label_distributions_[6:], atol=1e-6)


def test_each_guess_is_the_mean_of_its_neighbours():
    """A guess is the average of all others' guesses and labels, by likeness (it is harmonic)."""
    guesses = propagate_labels(LABELLED, TARGETS, UNLABELLED, 3, 1.0, restart=0.0)
    everyone = torch.cat([UNLABELLED, LABELLED]).double().numpy()
    known = np.concatenate([guesses, np.eye(3)[TARGETS]])
    for i in range(20):
        weights = [
            0.0 if j == i else math.exp(-float(((everyone[i] - everyone[j]) ** 2).sum()))
            for j in range(26)
        ]
        mean = sum(w * row for w, row in zip(weights, known, strict=True)) / sum(weights)
        np.testing.assert_allclose(guesses[i], mean, atol=1e-9)


def test_labels_follow_the_cluster_and_not_the_distance():
    """Along two rows of points the label reaches the far end, though another label is nearer."""
    row = torch.arange(0, 10, 0.5)
    upper = torch.stack([row, torch.full_like(row, 1.5)], 1)
    lower = torch.stack([row, torch.zeros_like(row)], 1)
    labelled = torch.stack([upper[0], lower[-1]])
    guesses = propagate_labels(
        labelled, torch.tensor([0, 1]), torch.cat([upper[1:], lower[:-1]]), 2
    ).argmax(1)
    assert guesses.tolist() == [0] * 19 + [1] * 19


def test_what_no_label_reaches_is_even():
    """An example far from all others has each class with the same probability."""
    far = torch.tensor([[1e4, 0.0, 0.0], [1e4, 0.1, 0.0]])
    guesses = propagate_labels(LABELLED, TARGETS, far, 3, 0.5)
    torch.testing.assert_close(guesses, torch.full((2, 3), 1 / 3, dtype=torch.float64))


def test_guesses_are_probabilities_at_any_offset():
    """They sum to one, and moving all examples by the same amount changes nothing."""
    guesses = propagate_labels(LABELLED, TARGETS, UNLABELLED, 3)
    torch.testing.assert_close(guesses.sum(1), torch.ones(20, dtype=torch.float64))
    moved = propagate_labels(LABELLED.double() + 1e4, TARGETS, UNLABELLED.double() + 1e4, 3)
    torch.testing.assert_close(moved, guesses, atol=1e-4, rtol=0)


def test_the_ramp_rises_to_one_and_stays():
    """It starts at exp(-5), passes exp(-5/4) half way, and is 1 from its end on."""
    values = [ramp_up(progress, 0.4) for progress in (0.0, 0.2, 0.4, 1.0)]
    assert values == pytest.approx([math.exp(-5), math.exp(-1.25), 1.0, 1.0])
    assert ramp_up(0.0, 0.0) == 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"sigma": 0.0}, "sigma must be above 0, or None. Got 0.0."),
        ({"restart": 1.0}, "restart must be at least 0 and below 1. Got 1.0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        propagate_labels(LABELLED, TARGETS, UNLABELLED, 3, **call)
    assert str(error.value) == message


def test_a_bad_ramp_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="length") as error:
        ramp_up(0.5, 1.1)
    assert str(error.value) == "length must be from 0 to 1. Got 1.1."


def test_the_unlabelled_join_the_training_set_at_equal_steps():
    """The true labels stay, the guesses are mostly right, and the number of steps is kept."""
    before, after = few_labels(), apply(few_labels())
    few, many = before.peek().train, after.peek().train
    assert (len(few), len(many)) == (30, 899)
    assert torch.equal(many.y[:30], few.y)
    assert abs(after.epochs * (899 // 30) - before.epochs) < 15
    everything = before.set_data(n_train=899).peek().train
    same = torch.cdist(many.x.flatten(1), everything.x.flatten(1)).argmin(1)
    assert (everything.y[same] == many.y).double().mean() > 0.8


def test_the_strangers_are_no_digit_that_is_asked_for():
    """No unlabelled image is also a validation or training image of the run."""
    data = of_other_classes().peek()
    ours = torch.cat([data.train.x, data.val.x]).flatten(1)
    assert data.outputs == 5
    assert torch.cdist(data.unlabelled.flatten(1), ours).min() > 0


def test_data_without_unlabelled_inputs_are_refused():
    """The reason names what is missing."""
    with pytest.raises(NotApplicable) as refusal:
        apply(few_labels().set_data(n_train=899))
    assert str(refusal.value) == "the data have no unlabelled inputs."


def test_a_part_that_makes_data_can_be_compared():
    """Two recipes made alike are equal, so that their data are made once."""
    assert apply(few_labels()) == apply(few_labels())
    assert isinstance(apply(few_labels()).data, Part)
