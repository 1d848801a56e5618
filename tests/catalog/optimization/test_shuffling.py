"""Shuffling, by what a fair order is."""

from __future__ import annotations

import collections
import itertools

import pytest
import torch

from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import short
from catalog.lab.train import Loop
from catalog.optimization.shuffling.experiment import (
    STORED,
    apply,
    shuffled,
    stored_by_class,
    through_a_buffer,
)
from catalog.optimization.shuffling.reference import buffered, draws, permutation

TRIES = 6000


def generator() -> torch.Generator:
    """Return a generator at a fixed seed."""
    return torch.Generator().manual_seed(11)


def is_fair(orders: list[tuple[int, ...]]) -> bool:
    """Return whether all orders of three come about equally often, by a chi-squared test."""
    counts = collections.Counter(orders)
    expected = len(orders) / 6
    chi2 = sum((counts[p] - expected) ** 2 / expected for p in itertools.permutations(range(3)))
    return sum(counts.values()) == len(orders) and chi2 < 20.5  # 0.999 quantile, 5 degrees


@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_each_example_comes_once(count):
    """An order is a permutation, the empty one and that of one example included."""
    assert sorted(permutation(count, generator()).tolist()) == list(range(count))


def test_every_order_is_equally_likely():
    """The six orders of three examples share the draws evenly."""
    source = generator()
    assert is_fair([tuple(permutation(3, source).tolist()) for _ in range(TRIES)])


def test_an_order_is_repeatable_and_the_next_is_another():
    """The same generator gives the same orders; two epochs differ."""
    source = generator()
    first, second = permutation(50, source), permutation(50, source)
    assert torch.equal(first, permutation(50, generator()))
    assert not torch.equal(first, second)


def test_draws_with_replacement_leave_out_their_share():
    """About 1/e of many examples is never drawn, and none is preferred."""
    found = draws(20_000, generator())
    counts = torch.bincount(found, minlength=20_000)
    assert float((counts == 0).double().mean()) == pytest.approx(0.368, abs=0.01)
    assert float(found.double().mean()) == pytest.approx(9999.5, rel=0.02)


def test_a_buffer_of_one_leaves_the_stream():
    """The neutral setting changes nothing."""
    assert list(buffered("stream", 1, generator())) == list("stream")


@pytest.mark.parametrize("size", [3, 10])
def test_a_buffer_as_large_as_the_stream_shuffles_it_fairly(size):
    """The six orders of three items share the draws evenly."""
    source = generator()
    assert is_fair([tuple(buffered(range(3), size, source)) for _ in range(TRIES)])


@pytest.mark.parametrize("size", [2, 7, 30])
def test_a_buffer_brings_nothing_forward_by_more_than_its_size(size):
    """Each item comes once, at most size - 1 places early, and some do come that early."""
    source = generator()
    lead = []
    for _ in range(20):
        order = list(buffered(range(200), size, source))
        assert sorted(order) == list(range(200))
        lead.append(max(item - place for place, item in enumerate(order)))
    assert max(lead) == size - 1


def test_orders_reach_the_run():
    """Stored data come class by class, shuffled ones do not, and a buffer lies in between."""

    def mixed(part: Part) -> float:
        loop = Loop(STORED.replace(order=part), "cpu")
        batches = [loop.data.train.y[rows] for rows in loop.batches(0)]
        return sum(len(batch.unique()) for batch in batches) / len(batches)

    stored, some, all_of_them = (
        mixed(part)
        for part in (Part(stored_by_class), Part(through_a_buffer, size=64), Part(shuffled))
    )
    assert stored <= 2 < some < all_of_them
    assert all_of_them > 9


def test_it_replaces_a_fixed_order_alone():
    """A run that is shuffled already is left, with or without the technique's own part."""
    assert apply(STORED).order == Part(shuffled)
    for recipe in (short(), apply(STORED)):
        with pytest.raises(NotApplicable, match="already"):
            apply(recipe)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: permutation(-1, generator()), "count must be at least 0. Got -1."),
        (lambda: draws(0, generator()), "count must be at least 1. Got 0."),
        (lambda: list(buffered([1], 0, generator())), "size must be at least 1. Got 0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
