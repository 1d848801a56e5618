"""How fast a loss was falling at its end, and how far that would take it."""

from __future__ import annotations

from typing import NamedTuple

from diagnose.measures.curve import Curve
from diagnose.measures.trend import mann_kendall, theil_sen

TAIL_SHARE = 0.25
"""Share of the log that the pace is taken from."""
AHEAD_SHARE = 0.25
"""Share of the run's length to look ahead."""


class Pace(NamedTuple):
    """The pace of a loss at its end.

    Attributes:
        slope: Theil-Sen slope, in units of the loss per step.
        trend: Mann-Kendall z score; negative where it falls.
        gain: How far the slope would lower the loss over the steps ahead; negative if it rises.
    """

    slope: float
    trend: float
    gain: float


def measure_pace(curve: Curve) -> Pace:
    """Measure the pace of a curve over its tail."""
    tail = curve.last(TAIL_SHARE)
    step, value = curve.step[tail], curve.value[tail]
    slope = theil_sen(step, value)
    length = float(curve.step[-1] - curve.step[0])
    return Pace(slope, mann_kendall(value), -slope * AHEAD_SHARE * length)
