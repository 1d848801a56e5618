"""The training loss where the validation loss was measured."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.measures.alignment import train_at
from diagnose.measures.curve import measure
from diagnose.run import Series


def curve(step, value):
    """Measure a series given as two lists."""
    made = measure(Series("loss", np.asarray(step, float), np.asarray(value, float)))
    assert made is not None
    return made


def test_an_epoch_mean_is_read_half_an_epoch_later():
    """(T(e) + T(e+1)) / 2 stands for the end of epoch e; the last one is continued."""
    train = curve([1, 2, 3, 4], [4.0, 3.0, 2.0, 1.0])
    val = curve([1, 2, 3, 4], [9.0, 9.0, 9.0, 9.0])
    assert train_at(train, val, clean=False) == pytest.approx([3.5, 2.5, 1.5, 0.5])


def test_a_clean_loss_is_read_as_it_is():
    """A training loss measured like the validation loss is not shifted."""
    train = curve([1, 2, 3, 4], [4.0, 3.0, 2.0, 1.0])
    assert train_at(train, train, clean=True) == pytest.approx([4.0, 3.0, 2.0, 1.0])


def test_the_last_point_is_never_continued_upwards():
    """A rising end is not extrapolated."""
    train = curve([1, 2, 3, 4], [1.0, 1.0, 1.0, 2.0])
    assert train_at(train, train, clean=False)[-1] <= 2.0


def test_own_axes_are_compared_by_step():
    """A validation loss every 500 steps meets the training loss logged every 10."""
    steps = np.arange(10, 5001, 10)
    train = curve(steps, 5000.0 - steps)
    val = curve(np.arange(500, 5001, 500), np.zeros(10))
    got = train_at(train, val, clean=True)
    assert got[:-1] == pytest.approx(5000.0 - np.arange(500, 5000, 500), abs=30)
