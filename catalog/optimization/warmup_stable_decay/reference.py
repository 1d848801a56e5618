"""Warmup-stable-decay: the rate rises, stays at its peak for most of the run, and falls at the end.

Source: Hu et al., 2024, https://arxiv.org/abs/2404.06395, section 4; the shapes of the fall:
Hägele et al., 2024, https://arxiv.org/abs/2405.18392, section 3.

    f(t, T) = t / (wT)             in the first wT steps
              1                    in between
              g(s)                 in the last dT steps, s = (t - (1 - d)T) / (dT)

    g(s) = 1 - s  (linear),   1 - √s  (1-sqrt),   e^s  (exponential)
"""

from __future__ import annotations

import math
from functools import partial
from typing import Literal

from catalog.optimization.learning_rate_decay.reference import exponential_decay, linear_decay
from catalog.optimization.learning_rate_schedule.reference import (
    Schedule,
    constant,
    in_phases,
    progress,
)
from catalog.optimization.learning_rate_warm_up.reference import linear_warm_up

Shape = Literal["linear", "1-sqrt", "exponential"]


def one_minus_sqrt(step: int, total_steps: int) -> float:
    """Return 1 - √s, and 0 past the end.

    Raises:
        ValueError: If `step` or `total_steps` is out of its range.
    """
    return 1 - math.sqrt(min(1.0, progress(step, total_steps)))


SHAPES: dict[Shape, Schedule] = {
    "linear": linear_decay,
    "1-sqrt": one_minus_sqrt,
    "exponential": exponential_decay,
}


def warmup_stable_decay(
    step: int,
    total_steps: int,
    warm_up: float = 0.0,
    decay: float = 0.1,
    shape: Shape = "linear",
    start_factor: float = 0.0,
) -> float:
    """Return the factor on the peak rate.

    Args:
        step: t, from 0.
        total_steps: T.
        warm_up: w, the share of the run that the rise takes; 0 for none.
        decay: d, the share of the run that the fall takes; 0 for none.
        shape: Of the fall; the exponential one ends at e = 1/100.
        start_factor: The factor of the first step, if there is a warm-up.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not (warm_up >= 0 and decay >= 0 and warm_up + decay <= 1):
        raise ValueError(
            f"warm_up and decay must be at least 0 and sum to at most 1. Got {warm_up}, {decay}."
        )
    if shape not in SHAPES:
        raise ValueError(f"shape must be one of {', '.join(SHAPES)}. Got {shape}.")
    rise = partial(linear_warm_up, share=1.0, start_factor=start_factor)
    phases = ((warm_up, rise), (1 - warm_up - decay, constant), (decay, SHAPES[shape]))
    return in_phases(step, total_steps, phases)
