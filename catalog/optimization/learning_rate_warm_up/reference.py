"""Learning-rate warm-up: the rate rises in a straight line to its peak and stays there.

Source: Goyal et al., 2017, https://arxiv.org/abs/1706.02677, section 2.2 (gradual warm-up).

    f(t, T) = s + (1 - s) · min(1, t / wT)          from s at the first step to 1 after wT steps
"""

from __future__ import annotations

from catalog.optimization.learning_rate_schedule.reference import progress


def linear_warm_up(
    step: int, total_steps: int, share: float = 0.1, start_factor: float = 0.01
) -> float:
    """Return the factor on the peak rate.

    Args:
        step: t, from 0.
        total_steps: T.
        share: w in [0, 1], the share of the run that the rise takes; 0 for no warm-up.
        start_factor: s in [0, 1], the factor of the first step; 1 for no warm-up.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1. Got {share}.")
    if not 0 <= start_factor <= 1:
        raise ValueError(f"start_factor must be from 0 to 1. Got {start_factor}.")
    done = progress(step, total_steps)
    if done >= share:
        return 1.0
    return start_factor + (1 - start_factor) * done / share
