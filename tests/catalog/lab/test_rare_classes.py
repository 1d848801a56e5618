"""Digits of which some classes are rare."""

from __future__ import annotations

import torch

from catalog.lab.data import digits
from catalog.lab.tasks import imbalanced


def test_the_upper_half_of_the_classes_is_cut():
    """So many training examples of each are left, and nothing else changes."""
    full, cut = digits(3, n_train=400), digits(3, n_train=400, rare=7)
    assert cut.train.y.bincount()[5:].tolist() == [7] * 5
    assert torch.equal(cut.train.y.bincount()[:5], full.train.y.bincount()[:5])
    assert torch.equal(cut.val.x, full.val.x)
    kept = {tuple(x.flatten().tolist()) for x in full.train.x}
    assert all(tuple(x.flatten().tolist()) in kept for x in cut.train.x)


def test_labels_stay_with_their_examples():
    """Every example that is left has the label it had."""
    full, cut = digits(0, n_train=300), digits(0, n_train=300, rare=2)
    labels = {tuple(x.flatten().tolist()): int(y) for x, y in zip(*full.train, strict=True)}
    for x, y in zip(*cut.train, strict=True):
        assert labels[tuple(x.flatten().tolist())] == int(y)


def test_the_task_has_ten_times_fewer_of_the_rare():
    """Its rare classes have 4 examples, the others many times as many."""
    counts = imbalanced().peek().train.y.bincount()
    assert counts[5:].tolist() == [4] * 5
    assert counts[:5].min() > 70
