"""Cosine schedule: the rate falls along half a cosine wave.

Source: Loshchilov and Hutter, 2016, https://arxiv.org/abs/1608.03983, equation 5, for one cycle.

    f(t, T) = e + (1 - e) · (1 + cos(π t / (lT))) / 2
"""

from __future__ import annotations

import math

from catalog.optimization.learning_rate_schedule.reference import progress


def cosine(step: int, total_steps: int, end_factor: float = 0.0, length: float = 1.0) -> float:
    """Return the factor on the peak rate.

    Args:
        step: t, from 0.
        total_steps: T.
        end_factor: e in [0, 1], the factor at the end; 1 for no decay.
        length: l, above 0: the steps from peak to end as a share of the run, `T_max` in PyTorch.
            Below 1 the rate rises again within the run; above 1 it has not fallen at its end.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 <= end_factor <= 1:
        raise ValueError(f"end_factor must be from 0 to 1. Got {end_factor}.")
    if not length > 0:
        raise ValueError(f"length must be above 0. Got {length}.")
    half_waves = progress(step, total_steps) / length  # t / T_max
    return end_factor + (1 - end_factor) * (1 + math.cos(math.pi * half_waves)) / 2
