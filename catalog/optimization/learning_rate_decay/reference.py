"""Learning-rate decay: the rate falls over the run, so that the steps' noise dies out.

With t/T the share of the run that is done:

    step           γ^k,  k milestones passed         He et al., 2015, arXiv 1512.03385, section 3.4
    linear         1 - (1 - e) t/T
    polynomial     e + (1 - e) (1 - t/T)^p
    exponential    e^(t/T)
    inverse power  (1 + t/(hT))^(-p)                 p = 1: Robbins and Monro, 1951,
                                                     https://doi.org/10.1214/aoms/1177729586
                                                     p = 1/2: Vaswani et al., 2017, section 5.3,
                                                     https://arxiv.org/abs/1706.03762

All start at the factor 1; e is the factor at the end.
"""

from __future__ import annotations

from catalog.optimization.learning_rate_schedule.reference import progress


def step_decay(
    step: int,
    total_steps: int,
    milestones: tuple[float, ...] = (0.5, 0.75),
    gamma: float = 0.1,
) -> float:
    """Return γ to the power of the milestones that are passed.

    Args:
        step: t, from 0.
        total_steps: T.
        milestones: Shares of the run at which the rate falls, each in [0, 1]; none for no decay.
        gamma: γ in (0, 1], the factor of each fall; 1 for no decay.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not all(0 <= milestone <= 1 for milestone in milestones):
        raise ValueError(f"milestones must be from 0 to 1. Got {milestones}.")
    if not 0 < gamma <= 1:
        raise ValueError(f"gamma must be above 0 and at most 1. Got {gamma}.")
    done = progress(step, total_steps)
    passed = sum(done >= milestone for milestone in milestones)  # k
    return gamma**passed


def linear_decay(step: int, total_steps: int, end_factor: float = 0.0) -> float:
    """Return 1 - (1 - e) t/T, and e past the end.

    Args:
        step: t, from 0.
        total_steps: T.
        end_factor: e in [0, 1]; 1 for no decay.

    Raises:
        ValueError: If a setting is out of its range.
    """
    return polynomial_decay(step, total_steps, power=1.0, end_factor=end_factor)


def polynomial_decay(
    step: int, total_steps: int, power: float = 2.0, end_factor: float = 0.0
) -> float:
    """Return e + (1 - e) (1 - t/T)^p, and e past the end.

    Args:
        step: t, from 0.
        total_steps: T.
        power: p, above 0: 1 is a straight line, more falls sooner, less falls later.
        end_factor: e in [0, 1]; 1 for no decay.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not power > 0:
        raise ValueError(f"power must be above 0. Got {power}.")
    if not 0 <= end_factor <= 1:
        raise ValueError(f"end_factor must be from 0 to 1. Got {end_factor}.")
    left = 1 - min(1.0, progress(step, total_steps))
    return float(end_factor + (1 - end_factor) * left**power)


def exponential_decay(step: int, total_steps: int, end_factor: float = 0.01) -> float:
    """Return e^(t/T): the same ratio at each step.

    Args:
        step: t, from 0.
        total_steps: T.
        end_factor: e in (0, 1]; 1 for no decay.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 < end_factor <= 1:
        raise ValueError(f"end_factor must be above 0 and at most 1. Got {end_factor}.")
    return float(end_factor ** progress(step, total_steps))


def inverse_power_decay(
    step: int, total_steps: int, hold: float = 0.1, power: float = 0.5
) -> float:
    """Return (1 + t/(hT))^(-p), which needs no end: only its time scale hT matters.

    Args:
        step: t, from 0.
        total_steps: T.
        hold: h, above 0: the share of the run after which the rate is 2^(-p) of the peak.
        power: p, at least 0: 1/2 for the inverse square root, 1 for the classical rate, whose sum
            diverges while the sum of its squares converges; 0 for no decay.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not hold > 0:
        raise ValueError(f"hold must be above 0. Got {hold}.")
    if not power >= 0:
        raise ValueError(f"power must be at least 0. Got {power}.")
    return float((1 + progress(step, total_steps) / hold) ** -power)
