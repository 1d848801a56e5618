"""The learning-rate schedule as logged."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose.measures.schedule import measure_schedule
from diagnose.run import Series


def schedule(values):
    """Measure a learning rate with steps from 1."""
    array = np.asarray(values, float)
    return measure_schedule(Series("lr", np.arange(1.0, len(array) + 1), array))


def test_steps_down_are_drops():
    """A tenfold drop at epochs 31 and 61 is found there."""
    made = schedule([0.1] * 30 + [0.01] * 30 + [0.001] * 30)
    assert made.drops == (31.0, 61.0)
    assert made.restarts == ()
    assert made.remaining == pytest.approx(0.01)


@pytest.mark.parametrize(
    "values",
    [
        0.5 * (1 + np.cos(np.linspace(0, math.pi, 60))),
        np.linspace(1, 0, 60),
        0.95 ** np.arange(60),
        np.concatenate([np.linspace(0.001, 1, 10), np.linspace(1, 0.01, 50)]),
    ],
    ids=["cosine", "linear", "exponential", "warm-up"],
)
def test_smooth_schedules_have_neither_drops_nor_restarts(values):
    """Look-alikes: a smooth decay, and the rise of a warm-up."""
    made = schedule(values)
    assert (made.drops, made.restarts) == ((), ())


def test_warm_restarts_are_found():
    """A cosine that starts again at epochs 21 and 41."""
    cycle = 0.5 * (1 + np.cos(np.linspace(0, math.pi * 0.98, 20)))
    assert schedule(np.tile(cycle, 3)).restarts == (21.0, 41.0)


def test_too_few_values_are_no_schedule():
    """Two values show nothing."""
    assert schedule([0.1, 0.01]) is None
