"""Warm restarts: cosine decays in a row, each from the peak, each longer than the one before.

Source: Loshchilov and Hutter, 2016, https://arxiv.org/abs/1608.03983, section 3.

    f(t, T) = e + (1 - e) · (1 + cos(π T_cur / T_i)) / 2          equation 5
    T_cur = t - b_i          steps since the restart i
    T_i = T_0 · m^i          steps of the cycle i
"""

from __future__ import annotations

import math

from catalog.optimization.learning_rate_schedule.reference import progress


def cycle_of(step: int, first_cycle: float, multiplier: int = 1) -> tuple[float, float]:
    """Return T_cur and T_i: the steps since the last restart, and the steps of the present cycle.

    Args:
        step: t, from 0.
        first_cycle: T_0, above 0; need not be whole.
        multiplier: m, how many times as long each cycle is as the last; at least 1.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not first_cycle > 0:
        raise ValueError(f"first_cycle must be above 0. Got {first_cycle}.")
    if not multiplier >= 1:
        raise ValueError(f"multiplier must be at least 1. Got {multiplier}.")
    since, length = float(step), first_cycle
    while since >= length:
        since -= length
        length *= multiplier
    return since, length


def warm_restarts(
    step: int,
    total_steps: int,
    cycles: int = 3,
    multiplier: int = 2,
    end_factor: float = 0.0,
) -> float:
    """Return the factor on the peak rate; the last cycle ends with the run.

    Args:
        step: t, from 0.
        total_steps: T.
        cycles: n, at least 1: T_0 is T / (1 + m + ... + m^(n-1)); 1 for a single cosine.
        multiplier: m, at least 1.
        end_factor: e in [0, 1], the factor at the end of each cycle.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not cycles >= 1:
        raise ValueError(f"cycles must be at least 1. Got {cycles}.")
    if not 0 <= end_factor <= 1:
        raise ValueError(f"end_factor must be from 0 to 1. Got {end_factor}.")
    progress(step, total_steps)
    first_cycle = total_steps / sum(multiplier**i for i in range(cycles))  # T_0
    since, length = cycle_of(step, first_cycle, multiplier)
    return end_factor + (1 - end_factor) * (1 + math.cos(math.pi * since / length)) / 2
