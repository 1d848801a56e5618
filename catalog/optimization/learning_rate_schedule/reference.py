"""Learning-rate schedules: the rate of a step is the peak rate times a factor of the step alone.

    η_t = η · f(t, T)          step t = 0, 1, ... of a run of T steps

Every schedule of this catalog is such an f, a pure function `(step, total_steps, ...) -> factor`;
all settings are shares of the run, so that a schedule stretches with it. With PyTorch:

    LambdaLR(optimizer, functools.partial(cosine, total_steps=1000))

Most schedules are made of phases one after the other, which `in_phases` joins, as in the rise and
fall of Goyal et al., 2017, https://arxiv.org/abs/1706.02677, and of Vaswani et al., 2017,
https://arxiv.org/abs/1706.03762, section 5.3:

    f(t, T) = f_i(t - b_i, b_{i+1} - b_i)          in the phase i from step b_i to b_{i+1}
"""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]
"""`(step, total_steps) -> factor` on the peak rate."""


def progress(step: int, total_steps: int) -> float:
    """Return t/T, the share of the run that is done: 0 at the first step, above 1 past the end.

    Raises:
        ValueError: If `step` or `total_steps` is out of its range.
    """
    if not total_steps >= 1:
        raise ValueError(f"total_steps must be at least 1. Got {total_steps}.")
    if not step >= 0:
        raise ValueError(f"step must be at least 0. Got {step}.")
    return step / total_steps


def constant(step: int, total_steps: int) -> float:
    """Return 1: the rate of a run without a schedule.

    Raises:
        ValueError: If `step` or `total_steps` is out of its range.
    """
    progress(step, total_steps)
    return 1.0


def in_phases(step: int, total_steps: int, phases: tuple[tuple[float, Schedule], ...]) -> float:
    """Return the factor of schedules that follow each other.

    Args:
        step: t, from 0.
        total_steps: T.
        phases: Share of the run and schedule of each phase; the shares sum to 1. Each schedule
            is told the steps of its phase alone. Past the end the last phase goes on.

    Raises:
        ValueError: If a setting is out of its range.
    """
    progress(step, total_steps)
    shares = [share for share, _ in phases]
    if not (all(share >= 0 for share in shares) and math.isclose(sum(shares), 1)):
        raise ValueError(f"the shares of phases must be at least 0 and sum to 1. Got {shares}.")
    ends = [round(total_steps * sum(shares[: i + 1])) for i in range(len(shares))]  # b_{i+1}
    begins = [0, *ends[:-1]]
    begun = [
        (begin, end, schedule)
        for begin, end, (_, schedule) in zip(begins, ends, phases, strict=True)
        if begin < end and begin <= step
    ]
    begin, end, schedule = begun[-1]
    return schedule(step - begin, end - begin)
