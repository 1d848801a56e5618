"""One loss curve in numbers: its level at the start, its minimum, its end, its noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from diagnose.run import FloatArray, Series

MAX_POINTS = 1_000
"""Longer curves are judged on this many medians of consecutive points."""
TAIL_SHARE = 0.1
MIN_TAIL = 5
MAD_TO_SIGMA = 1.4826
"""Scale of the median absolute deviation that gives a normal distribution's standard deviation."""


def median(value: FloatArray) -> float:
    """Return the median of (n,) finite values, n >= 1.

    `numpy.median` gives the same, and loads all of `numpy.ma` on its first call.
    """
    half = len(value) // 2
    if len(value) % 2:
        return float(np.partition(value, half)[half])
    low, high = np.partition(value, (half - 1, half))[half - 1 : half + 1]
    return float(low + high) / 2


def _row_medians(rows: FloatArray) -> FloatArray:
    """Return the median of each row of a matrix."""
    ordered = np.sort(rows, axis=1)
    half = rows.shape[1] // 2
    if rows.shape[1] % 2:
        return ordered[:, half]
    return (ordered[:, half - 1] + ordered[:, half]) / 2


def binned(step: FloatArray, value: FloatArray, most: int) -> tuple[FloatArray, FloatArray]:
    """Take medians of consecutive points so that at most `most` remain.

    Returns:
        (m,) steps and (m,) values, m <= most; each step is the last of its bin.
    """
    n = len(value)
    if n <= most:
        return step, value
    size = math.ceil(n / most)
    whole = n // size * size
    values = _row_medians(value[:whole].reshape(-1, size))
    steps = step[size - 1 : whole : size]
    if whole < n:
        values = np.append(values, median(value[whole:]))
        steps = np.append(steps, step[-1])
    return steps, values


def running_median(value: FloatArray, width: int) -> FloatArray:
    """Return the median of `width` points around each; the ends repeat the outermost value.

    Args:
        value: (n,) finite values.
        width: Odd number of points; 1 returns the values themselves.
    """
    if width <= 1 or len(value) < 3:
        return value
    half = width // 2
    padded = np.concatenate([np.full(half, value[0]), value, np.full(half, value[-1])])
    shifted = np.stack([padded[i : i + len(value)] for i in range(width)])
    middle: FloatArray = np.sort(shifted, axis=0)[half]
    return middle


def smoothing_width(n: int) -> int:
    """Return the number of points to smooth over, odd: about a fortieth of the curve."""
    if n < 10:
        return 1
    return max(3, n // 40 | 1)


def step_noise(value: FloatArray) -> float:
    """Return the standard deviation of the noise from one point to the next.

    It comes from the differences of neighbours in the second half, where the trend is slow, by
    their median absolute deviation, so that single jumps do not count.

    Args:
        value: (n,) finite values; fewer than four give 0.
    """
    if len(value) < 4:
        return 0.0
    late = value[len(value) // 2 :] if len(value) >= 10 else value
    jumps = late[1:] - late[:-1]
    return MAD_TO_SIGMA * median(np.abs(jumps - median(jumps))) / math.sqrt(2)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A loss curve, its non-finite points left out.

    Attributes:
        step: (n,) positions, at most `MAX_POINTS` of them.
        value: (n,) values, medians of consecutive points where the log is longer.
        smooth: (n,) running median of the values.
        noise: Standard deviation of one value around the trend, in units of the loss.
        start: Level at the beginning.
        end: Median of the last tenth, at least five points.
        tail: Number of points in that tenth.
        best: Index of the smallest smoothed value.
        logged: Number of finite points in the log.
        min_step: The step of the smallest logged value itself.
        min_value: The smallest logged value.
    """

    step: FloatArray
    value: FloatArray
    smooth: FloatArray
    noise: float
    start: float
    end: float
    tail: int
    best: int
    logged: int
    min_step: float
    min_value: float

    def __len__(self) -> int:
        return len(self.value)

    @property
    def lowest(self) -> float:
        """The smallest smoothed value."""
        return float(self.smooth[self.best])

    @property
    def fall(self) -> float:
        """How far the loss fell from its start to its lowest level; negative if it only rose."""
        return self.start - self.lowest

    def last(self, share: float, least: int = MIN_TAIL) -> slice:
        """Return the slice of the last `share` of the points, at least `least` of them."""
        return slice(max(0, len(self) - max(least, round(share * len(self)))), None)


def measure(series: Series) -> Curve | None:
    """Measure a series; None if it holds no finite value."""
    finite = np.isfinite(series.value)
    if not finite.any():
        return None
    raw_step, raw = series.step[finite], series.value[finite]
    step, value = binned(raw_step, raw, MAX_POINTS)
    n = len(value)
    smooth = running_median(value, smoothing_width(n))
    tail = max(1, min(max(MIN_TAIL, round(TAIL_SHARE * n)), n // 2))
    lowest = int(np.argmin(raw))
    return Curve(
        step=step,
        value=value,
        smooth=smooth,
        noise=step_noise(value),
        start=median(value[: max(1, n // 50)]),
        end=median(value[-tail:]),
        tail=tail,
        best=int(np.argmin(smooth)),
        logged=len(raw),
        min_step=float(raw_step[lowest]),
        min_value=float(raw[lowest]),
    )
