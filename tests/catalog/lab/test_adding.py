"""The adding task, with sequences of one length and of several."""

from __future__ import annotations

import hashlib

import pytest
import torch

from catalog.lab.data import adding


@pytest.mark.parametrize("shortest", [None, 2, 4, 20])
def test_the_target_is_the_sum_of_the_two_marked_numbers(shortest):
    """Each sequence has one mark in either half of its own length, and its target is their sum."""
    train = adding(1, n_train=300, length=20, shortest=shortest).train
    values, marks = train.x[:, :, 0].double(), train.x[:, :, 1]
    assert torch.equal(marks.sum(1), torch.full((300,), 2.0))
    torch.testing.assert_close((values * marks).sum(1, keepdim=True).float(), train.y)
    lengths = (values != 0).sum(1)
    for row, length in zip(marks, lengths.tolist(), strict=True):
        first, second = (row.nonzero()[:, 0] - (20 - length)).tolist()
        assert 0 <= first < length // 2 <= second < length


def test_the_lengths_are_even_and_shorter_ones_begin_blank():
    """Every length from the shortest on comes up about equally often, zeros before its values."""
    x = adding(1, n_train=3000, length=9, shortest=5).train.x[:, :, 0]
    lengths = (x != 0).sum(1)
    shares = torch.bincount(lengths, minlength=10)[5:] / 3000
    assert shares.tolist() == pytest.approx([0.2] * 5, abs=0.03)
    blank = torch.arange(9) < (9 - lengths)[:, None]
    assert not x[blank].any()
    assert x[~blank].all()


def test_one_length_is_what_it_always_was():
    """Without a shortest length the numbers drawn are those from before there was one."""
    x = adding(0, n_train=4, n_val=2, length=6).train.x
    digest = hashlib.sha256(x.numpy().tobytes()).hexdigest()[:12]
    assert digest == "ef4061629099"


@pytest.mark.parametrize("shortest", [1, 7])
def test_a_bad_shortest_is_named(shortest):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="shortest") as error:
        adding(0, length=6, shortest=shortest)
    assert str(error.value) == f"shortest must be from 2 to 6. Got {shortest}."
