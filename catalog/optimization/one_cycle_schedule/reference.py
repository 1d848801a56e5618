"""One cycle: the rate rises to a high peak and falls far below its start, momentum the reverse.

Source: Smith and Topin, 2017, https://arxiv.org/abs/1708.07120, section 3, and Smith, 2018,
https://arxiv.org/abs/1803.09820, section 4.1. The defaults are those of torch's `OneCycleLR`.

With the peak rate 1, d and D its ratios to the first rate and of that to the last, p the share of
the rise, and a(u, v, s) = v + (u - v) (1 + cos πs) / 2 from u to v while s goes from 0 to 1:

    f = a(1/d, 1, s)            in the first pT steps          momentum a(μ_max, μ_min, s)
    f = a(1, 1/(dD), s)         in the rest                    momentum a(μ_min, μ_max, s)

With `three_phase` the fall takes as long as the rise and ends at 1/d, and the rest goes from there
to 1/(dD) at μ_max.
"""

from __future__ import annotations

import math
from typing import Literal

from catalog.optimization.learning_rate_schedule.reference import progress

Anneal = Literal["cos", "linear"]


def one_cycle(
    step: int,
    total_steps: int,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    anneal: Anneal = "cos",
    three_phase: bool = False,
) -> float:
    """Return the factor on the peak rate.

    Args:
        step: t, from 0.
        total_steps: T; the last step, T - 1, has the lowest rate.
        pct_start: p in (0, 1), or up to 1/2 with `three_phase`.
        div_factor: d, at least 1.
        final_div_factor: D, at least 1.
        anneal: `cos` for half cosine waves, `linear` for straight lines.
        three_phase: Fall back to the first rate before the last fall.

    Raises:
        ValueError: If a setting is out of its range.
    """
    for name, ratio in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
        if not ratio >= 1:
            raise ValueError(f"{name} must be at least 1. Got {ratio}.")
    first, last = 1 / div_factor, 1 / (div_factor * final_div_factor)
    corners = (first, 1.0, first, last) if three_phase else (first, 1.0, last)
    return _between(corners, step, total_steps, pct_start, anneal)


def one_cycle_momentum(
    step: int,
    total_steps: int,
    low: float = 0.85,
    high: float = 0.95,
    pct_start: float = 0.3,
    anneal: Anneal = "cos",
    three_phase: bool = False,
) -> float:
    """Return the momentum, or Adam's β₁, of a step.

    Args:
        step: t, from 0.
        total_steps: T.
        low: μ_min, at the peak of the rate; in [0, 1).
        high: μ_max, at both ends; in [0, 1). Equal to `low` for a constant momentum.
        pct_start: p, as for the rate.
        anneal: As for the rate.
        three_phase: As for the rate.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 <= low <= high < 1:
        raise ValueError(f"low and high must be rising, from 0 and below 1. Got {low}, {high}.")
    corners = (high, low, high, high) if three_phase else (high, low, high)
    return _between(corners, step, total_steps, pct_start, anneal)


def _between(
    corners: tuple[float, ...], step: int, total_steps: int, pct_start: float, anneal: Anneal
) -> float:
    """Return the value of a step, given those at the ends of the phases."""
    highest = 1 / (len(corners) - 2)
    if not 0 < pct_start < 1 or pct_start > highest:
        raise ValueError(
            f"pct_start must be above 0 and below 1, or at most 0.5 with three phases."
            f" Got {pct_start}."
        )
    if anneal not in ("cos", "linear"):
        raise ValueError(f"anneal must be cos or linear. Got {anneal}.")
    progress(step, total_steps)
    # As in torch, a phase ends on a step and not between two: hence the -1 and the -2.
    rises = [i * (pct_start * total_steps - 1) for i in range(1, len(corners) - 1)]
    ends = [0.0, *rises, float(total_steps - 1)]
    phase = sum(step > end for end in ends[1:-1])
    begin, end = ends[phase], ends[phase + 1]
    done = min(1.0, (step - begin) / (end - begin)) if end > begin else 1.0  # s
    start, stop = corners[phase], corners[phase + 1]
    if anneal == "cos":
        return stop + (start - stop) * (1 + math.cos(math.pi * done)) / 2
    return start + (stop - start) * done
