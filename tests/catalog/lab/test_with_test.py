"""A test set kept apart from the validation set."""

from __future__ import annotations

import torch

from catalog.lab.data import digits, with_test
from catalog.lab.recipe import Part


def rows(*parts):
    """Return the examples as a sorted list."""
    return sorted(x.flatten().tolist() for part in parts for x in part)


def test_the_halves_are_the_validation_set():
    """Every example is in one half or the other, with its own target, and the rest is the same."""
    whole, split = digits(3, n_train=50), with_test(3, Part(digits, n_train=50))
    assert rows(split.val.x, split.test.x) == rows(whole.val.x)
    assert (len(split.val), len(split.test)) == (449, 449)
    assert torch.equal(split.train.x, whole.train.x)
    first = int((whole.val.x == split.test.x[0]).flatten(1).all(1).nonzero()[0])
    assert whole.val.y[first] == split.test.y[0]


def test_the_seed_draws_the_halves():
    """The same seed gives the same halves, and another one others."""
    part = Part(with_test, source=Part(digits, n_train=50))
    assert torch.equal(part(1).test.x, part(1).test.x)
    assert not torch.equal(part(1).test.x, part(2).test.x)
