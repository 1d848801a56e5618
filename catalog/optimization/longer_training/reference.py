"""Longer training: when more steps are due, and how the schedule goes with them.

Source: Hoffer, Hubara and Soudry, 2017, https://arxiv.org/abs/1705.08741, section 5 (regime
adaptation: the schedule is stretched over the longer run).

    f'(t) = f(t · T / T')          schedule of a run of T steps, stretched to T'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def stretched(
    factor_of: Callable[[float], float], planned: int, steps: int
) -> Callable[[int], float]:
    """Return a schedule of one length stretched to another.

    Args:
        factor_of: f, from a step to a factor on the rate, as `LambdaLR` takes it.
        planned: T, the steps that f was planned for; at least 1.
        steps: T', the steps that are taken; at least 1.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not planned >= 1:
        raise ValueError(f"planned must be at least 1. Got {planned}.")
    if not steps >= 1:
        raise ValueError(f"steps must be at least 1. Got {steps}.")
    return lambda step: factor_of(step * planned / steps)


def held(factor_of: Callable[[float], float], planned: int, steps: int) -> Callable[[int], float]:
    """Return a schedule that keeps its length, and its last factor in the steps after it.

    Args:
        factor_of: f, from a step to a factor on the rate.
        planned: T, the steps that f was planned for; at least 1.
        steps: T', the steps that are taken; at least 1.

    Raises:
        ValueError: If a setting is out of its range.
    """
    stretched(factor_of, planned, steps)
    return lambda step: factor_of(min(step, planned - 1))


def slope(losses: Sequence[float], share: float = 0.5) -> tuple[float, float]:
    """Return the slope of a line through the end of a loss curve, per step, and its error.

    More steps are due where the slope lies below zero by more than two or three errors. The error
    takes the values as independent: thin a curve that wanders slowly.

    Args:
        losses: (n,) values at equal distances.
        share: Of the curve that counts, from its end, in (0, 1].

    Raises:
        ValueError: If `share` is out of its range, or it leaves fewer than three values.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1. Got {share}.")
    y = list(losses)[-math.ceil(share * len(losses)) :] if losses else []
    n = len(y)
    if n < 3:
        raise ValueError(f"losses must leave at least 3 values at the end. Got {n}.")
    middle, mean = (n - 1) / 2, sum(y) / n
    spread = sum((i - middle) ** 2 for i in range(n))  # Σ (i - ī)²
    b = sum((i - middle) * (value - mean) for i, value in enumerate(y)) / spread
    rest = sum((value - mean - b * (i - middle)) ** 2 for i, value in enumerate(y))
    return b, math.sqrt(rest / (n - 2) / spread)
