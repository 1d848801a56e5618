"""Validation, by what a split is, and against scipy's standard error."""

from __future__ import annotations

import pytest
import torch
from scipy import stats

from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import short
from catalog.optimization.validation.experiment import apply, hits, outcome
from catalog.optimization.validation.reference import estimate, folds, split


def generator() -> torch.Generator:
    """Return a generator at a fixed seed."""
    return torch.Generator().manual_seed(6)


@pytest.mark.parametrize("shares", [(0.8, 0.1, 0.1), (0.5, 0.5), (1.0,), (0.0, 1.0)])
def test_each_example_is_in_one_part(shares):
    """The parts are disjoint, cover all, and have the sizes that were asked for."""
    parts = split(50, shares, generator())
    assert sorted(torch.cat(parts).tolist()) == list(range(50))
    assert [len(part) for part in parts] == [round(50 * share) for share in shares]


def test_every_example_is_equally_likely_to_be_held_out():
    """Over many splits each of ten examples validates in a fifth of them."""
    source = generator()
    counts = torch.zeros(10)
    for _ in range(3000):
        counts[split(10, (0.8, 0.2), source)[1]] += 1
    assert (counts / 3000 - 0.2).abs().max() < 0.03


def test_groups_are_not_torn_apart():
    """No group has records in two parts, and the shares hold about."""
    groups = torch.randint(0, 40, (400,), generator=generator())
    parts = split(400, (0.6, 0.2, 0.2), generator(), groups)
    assert sorted(torch.cat(parts).tolist()) == list(range(400))
    members = [set(groups[part].tolist()) for part in parts]
    assert sum(map(len, members)) == len(groups.unique())
    assert not members[0] & members[1]
    assert not members[0] & members[2]
    assert [len(part) / 400 for part in parts] == pytest.approx([0.6, 0.2, 0.2], abs=0.05)


def test_groups_of_very_different_sizes_all_get_a_place():
    """A group larger than a part takes it whole, and none is lost."""
    groups = torch.tensor([7] * 30 + [2] * 3 + [5] * 3 + [9] * 4)
    first, second = split(40, (0.5, 0.5), generator(), groups)
    assert sorted([*first.tolist(), *second.tolist()]) == list(range(40))
    assert not set(groups[first].tolist()) & set(groups[second].tolist())


def test_groups_of_one_are_examples():
    """With a group to each example the sizes are those without groups."""
    parts = split(10, (0.5, 0.3, 0.2), generator(), torch.arange(10))
    assert [len(part) for part in parts] == [5, 3, 2]


@pytest.mark.parametrize("count", [2, 3, 10])
def test_each_example_validates_once(count):
    """Folds train on all others, and differ in size by one at most."""
    found = list(folds(10, count, generator()))
    assert len(found) == count
    assert sorted(torch.cat([held_out for _, held_out in found]).tolist()) == list(range(10))
    for training, held_out in found:
        assert sorted([*training.tolist(), *held_out.tolist()]) == list(range(10))
        assert len(held_out) in (10 // count, -(-10 // count))


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_the_error_is_scipy_s(offset):
    """Mean and standard error are those of `scipy.stats.sem`, for hits and for losses far off."""
    losses = torch.randn(30, generator=generator(), dtype=torch.float64) + offset
    hits = torch.randn(30, generator=generator()) > 0
    for values in (losses, hits):
        mean, error = estimate(values)
        assert mean == pytest.approx(float(values.double().mean()))
        assert error == pytest.approx(float(stats.sem(values.double().numpy())))


def test_a_run_gets_a_test_set_of_its_validation_examples():
    """Half of the validation examples leave it, and training is untouched."""
    before, after = short().peek(), apply(short()).peek()
    assert torch.equal(after.train.x, before.train.x)
    assert len(after.test) + len(after.val) == len(before.val)
    assert abs(len(after.test) - len(after.val)) <= 1


@pytest.mark.slow
def test_the_best_of_many_is_chosen_by_its_validation_examples():
    """Its validation accuracy is the highest, and the mean over all is that of every candidate."""
    best, mean = (outcome(0, examples=100, chosen=chosen) for chosen in (True, False))
    found = hits(0)
    assert found.shape == (20, 898)
    assert best["held_out_accuracy"] >= mean["held_out_accuracy"]
    weighted = (100 * mean["held_out_accuracy"] + 798 * mean["test_accuracy"]) / 898
    assert weighted == pytest.approx(float(found.mean()))


def test_a_test_set_is_not_made_twice():
    """Data that hold one out already are left."""
    with pytest.raises(NotApplicable, match="already"):
        apply(apply(short()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: split(9, (0.5, 0.6), generator()),
            "shares must be at least 0 and sum to 1. Got [0.5, 0.6].",
        ),
        (
            lambda: split(9, (1.5, -0.5), generator()),
            "shares must be at least 0 and sum to 1. Got [1.5, -0.5].",
        ),
        (
            lambda: split(9, (1.0,), generator(), torch.zeros(8)),
            "groups must have the shape (9,). Got (8,).",
        ),
        (lambda: list(folds(9, 1, generator())), "count must be from 2 to 9. Got 1."),
        (lambda: list(folds(9, 10, generator())), "count must be from 2 to 9. Got 10."),
        (
            lambda: estimate(torch.zeros(1)),
            "losses must have the shape (n,), n >= 2. Got (1,).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
