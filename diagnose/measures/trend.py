"""Whether a curve rises or falls, and how fast, whatever its noise."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from diagnose.measures.curve import median
from diagnose.run import FloatArray, IntArray

MAX_PAIRS_FROM = 200
"""Longer windows are thinned to this many points, so that pairs stay few."""


def _thinned(values: FloatArray, most: int = MAX_PAIRS_FROM) -> FloatArray:
    if len(values) <= most:
        return values
    chosen: FloatArray = values[np.linspace(0, len(values) - 1, most).astype(int)]
    return chosen


@lru_cache(maxsize=64)
def _pairs(n: int) -> tuple[IntArray, IntArray]:
    """Return the indices of all pairs of n points, the first before the second."""
    first, second = np.triu_indices(n, 1)
    return first, second


def theil_sen(step: FloatArray, value: FloatArray) -> float:
    """Return the median slope over all pairs of points, per step.

    Args:
        step: (n,) increasing positions.
        value: (n,) finite values; fewer than two give NaN.

    Source: Sen 1968, https://doi.org/10.1080/01621459.1968.10480934.
    """
    x, y = _thinned(step), _thinned(value)
    n = len(x)
    if n < 2:
        return math.nan
    i, j = _pairs(n)
    return median((y[j] - y[i]) / (x[j] - x[i]))


def mann_kendall(value: FloatArray) -> float:
    """Return the z score of a monotone trend: positive where the values rise.

    Ties are counted as neither; the variance is corrected for them. It takes the points for
    independent, so points that are noisy around a slow drift make it too sure.

    Args:
        value: (n,) finite values in order; fewer than three give 0.

    Source: Mann 1945, https://doi.org/10.2307/1907187.
    """
    y = _thinned(value)
    n = len(y)
    if n < 3:
        return 0.0
    i, j = _pairs(n)
    s = float(np.sign(y[j] - y[i]).sum())
    _, ties = np.unique(y, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    if variance <= 0 or s == 0:
        return 0.0
    return (s - math.copysign(1, s)) / math.sqrt(variance)
