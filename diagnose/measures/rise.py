"""Whether a loss rose from its own minimum, beyond its noise."""

from __future__ import annotations

from typing import NamedTuple

from diagnose.measures.curve import Curve
from diagnose.measures.trend import mann_kendall

MIN_POINTS = 6
"""A curve with fewer points shows no rise."""
RISE_SHARE = 0.05
"""Rise from the minimum to the end, as a share of the minimum (GL of Prechelt 1998)."""
RANGE_FLOOR = 0.25
"""Near zero a share of the minimum means nothing: this share of the fall bounds it below."""
SCALE_SHARE = 0.01
"""Rise as a share of the constant predictor's loss, where that is known."""
RISE_NOISE = 2.0
"""Rise over the noise of one point."""
RISE_TREND = 2.0
"""Mann-Kendall z score since the minimum."""
AFTER_POINTS = 3
"""Points after the minimum."""


class Rise(NamedTuple):
    """How a loss went from its minimum to its end.

    Attributes:
        height: End minus minimum, in units of the loss.
        share: The height as a share of the minimum.
        trend: Mann-Kendall z score since the minimum.
        is_real: Whether all of them, and the noise, say that it rose.
    """

    height: float
    share: float
    trend: float
    is_real: bool


def measure_rise(curve: Curve, scale: float | None = None) -> Rise:
    """Measure the rise of a curve since its smoothed minimum.

    Args:
        curve: The loss.
        scale: The constant predictor's loss, of which a real rise must be a share; None if unknown.
    """
    height = curve.end - curve.lowest
    base = max(abs(curve.lowest), RANGE_FLOOR * max(curve.fall, 0.0))
    share = height / base if base > 0 else 0.0
    after = len(curve) - 1 - curve.best
    trend = mann_kendall(curve.value[curve.best :])
    # A handful of points cannot reach the score; a steep rise of them counts all the same.
    steep = after < 8 and trend > 0 and height > 2 * RISE_NOISE * curve.noise
    return Rise(
        height,
        share,
        trend,
        len(curve) >= MIN_POINTS
        and share > RISE_SHARE
        and height > RISE_NOISE * curve.noise
        and (scale is None or height > SCALE_SHARE * scale)
        and after >= AFTER_POINTS
        and (trend > RISE_TREND or steep),
    )
