"""One curve in numbers."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.measures.curve import MAX_POINTS, binned, measure, median, running_median, step_noise
from diagnose.run import Series

floats = st.floats(-1e6, 1e6)


def series(values) -> Series:
    """Make a series with steps from 1."""
    array = np.asarray(values, dtype=float)
    return Series("loss", np.arange(1.0, len(array) + 1), array)


@given(st.lists(floats, min_size=1, max_size=50))
@settings(max_examples=60, deadline=None)
def test_the_median_is_the_median(values):
    """Against the standard library."""
    assert median(np.array(values)) == pytest.approx(statistics.median(values))


@given(st.lists(floats, min_size=3, max_size=40), st.sampled_from([3, 5, 9]))
@settings(max_examples=60, deadline=None)
def test_the_running_median_is_a_median_of_neighbours(values, width):
    """Each point is the median of its window, the ends padded with the outermost value."""
    half = width // 2
    padded = [values[0]] * half + values + [values[-1]] * half
    want = [statistics.median(padded[i : i + width]) for i in range(len(values))]
    assert running_median(np.array(values), width).tolist() == pytest.approx(want)


@given(st.integers(1, 3000), st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_bins_hold_all_points_in_order(n, most):
    """Medians of bins of a rising line rise, are few enough, and end at the last step."""
    steps = np.arange(float(n))
    step, value = binned(steps, steps, most)
    assert len(step) == len(value) <= most
    assert step[-1] == n - 1
    assert (np.diff(step) > 0).all()
    assert (np.diff(value) > 0).all()


@pytest.mark.parametrize("sigma", [0.01, 0.3])
def test_noise_is_measured_beside_a_trend(sigma):
    """Gaussian noise on a falling curve is measured to a quarter, single jumps left out."""
    rng = np.random.default_rng(0)
    curve = 2 * np.exp(-np.arange(400) / 50) + sigma * rng.standard_normal(400)
    curve[300] += 50
    assert step_noise(curve) == pytest.approx(sigma, rel=0.25)


def test_non_finite_points_are_left_out_and_the_true_minimum_kept():
    """The smallest logged value keeps its own step, however the curve is smoothed."""
    values = np.linspace(2, 1, 50)
    values[10] = np.nan
    values[20] = np.inf
    values[30] = 0.125
    curve = measure(series(values))
    assert curve is not None
    assert curve.logged == 48
    assert (curve.min_step, curve.min_value) == (31.0, 0.125)


def test_a_long_curve_is_thinned():
    """A million points are judged on a thousand medians."""
    curve = measure(series(np.linspace(2, 1, 1_000_000)))
    assert curve is not None
    assert len(curve) <= MAX_POINTS
    assert curve.end == pytest.approx(1.05, abs=0.01)
    assert curve.min_step == 1_000_000


def test_nothing_finite_is_no_curve():
    """A series of NaN has no numbers to give."""
    assert measure(series([np.nan, np.nan])) is None
