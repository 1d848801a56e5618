"""Slopes and trends, against scipy-free definitions."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.measures.trend import mann_kendall, theil_sen

values = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=3, max_size=40)


@given(values)
@settings(max_examples=60, deadline=None)
def test_theil_sen_is_the_median_of_all_pairwise_slopes(y):
    """The definition, written as a loop."""
    slopes = [(y[j] - y[i]) / (j - i) for i, j in itertools.combinations(range(len(y)), 2)]
    got = theil_sen(np.arange(len(y), dtype=float), np.array(y))
    assert got == pytest.approx(statistics.median(slopes), abs=1e-9)


@given(values)
@settings(max_examples=60, deadline=None)
def test_mann_kendall_is_its_definition(y):
    """S over all pairs, its variance with ties, and the continuity correction, as loops."""
    s = sum((b > a) - (b < a) for a, b in itertools.combinations(y, 2))
    n = len(y)
    ties = [y.count(v) for v in set(y)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    want = 0.0 if s == 0 or variance == 0 else (s - math.copysign(1, s)) / math.sqrt(variance)
    assert mann_kendall(np.array(y)) == pytest.approx(want)


def test_an_outlier_does_not_turn_a_slope():
    """One wild point leaves the median slope of a line where it was."""
    y = np.arange(30.0)
    y[7] = 1e6
    assert theil_sen(np.arange(30.0), y) == pytest.approx(1.0, abs=0.05)


def test_short_windows():
    """One point has no slope, two have no trend."""
    assert math.isnan(theil_sen(np.array([1.0]), np.array([2.0])))
    assert mann_kendall(np.array([1.0, 2.0])) == 0.0
