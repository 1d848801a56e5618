"""A learning rate that rises at first, so that a large one is bearable, and falls at the end.

The lecture says that the rise lets the optimizer explore, so that it estimates momentum and
variance better, and that the fall lets it settle. Here plain gradient descent, which estimates
neither, walks with noisy gradients down a valley that is steep at its rim and gentle at its floor.
The condition: the rate must be too large for the start; the rim must be steep; and a small rate
only loses time by either.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from catalog.demos.demo import Outcome, Row, number
from catalog.demos.drawing import BLACK, BLUE, GREEN, GREY, NOTE, ORANGE, frame, legend
from catalog.demos.walk import FloatArray, walk
from catalog.optimization.gradient_descent.reference import GradientDescent
from catalog.optimization.learning_rate_decay.reference import linear_decay
from catalog.optimization.learning_rate_schedule.reference import Schedule, constant
from catalog.optimization.learning_rate_warm_up.reference import linear_warm_up
from catalog.optimization.warmup_stable_decay.reference import warmup_stable_decay

if TYPE_CHECKING:
    from matplotlib.axes import Axes

START, STEPS, DRAWS = 8.0, 300, 200
"""Start, length, and runs with other noise; the gradient's noise has a standard deviation of 1."""
RISE = 0.1
SHOWN, SMALL = 0.3, 0.003
RATES = (0.001, SMALL, 0.01, 0.03, 0.1, SHOWN, 1.0)
SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "rise": partial(linear_warm_up, share=RISE),
    "fall": linear_decay,
    "rise and fall": partial(warmup_stable_decay, warm_up=RISE, decay=1 - RISE),
}
STYLES = dict(zip(SCHEDULES, (BLACK, ORANGE, GREEN, BLUE), strict=True))
CEILING = 30.0
"""Where runs that diverged are drawn."""


def perform() -> Outcome:
    """Run each schedule at each peak rate, and without the steep rim."""
    at, small = RATES.index(SHOWN), RATES.index(SMALL)
    losses = {name: [run(schedule, rate) for rate in RATES] for name, schedule in SCHEDULES.items()}
    ends = {name: np.array([loss[-1] for loss in rows]) for name, rows in losses.items()}
    without_rim = {name: run(schedule, SHOWN, rim=0.0) for name, schedule in SCHEDULES.items()}
    gentle = {name: float(loss[-1]) for name, loss in without_rim.items()}
    best = min(ends, key=lambda name: float(ends[name].min()))
    said = {
        "constant": "",
        "rise": "explores first",
        "fall": "",
        "rise and fall": "then settles",
    }
    return Outcome(
        shown=(
            Row("curvature at the start", "", curvature(START)),
            Row("curvature at the optimum", "", curvature(0.0)),
            *(
                Row(f"peak rate {SHOWN}, {name}: loss at the end", said[name], float(end[at]))
                for name, end in ends.items()
            ),
        ),
        condition=(
            *(
                Row(f"peak rate {SMALL}, {name}: loss at the end", "", float(end[small]))
                for name, end in ends.items()
            ),
            *(
                Row(f"no steep rim, {SHOWN}, {name}: loss at the end", "", gentle[name])
                for name in ends
            ),
            Row(f"lowest of all: {best}, {number(_best(ends[best]))}", "", float(ends[best].min())),
        ),
        conclusions=_conclusions(ends, gentle, best),
        panels=(
            _draw_schedules,
            partial(_draw_losses, {name: rows[at] for name, rows in losses.items()}, ""),
            partial(_draw_rates, ends),
            partial(_draw_losses, without_rim, "The condition: no steep rim. "),
        ),
    )


def valley(x: Tensor, rim: float = 1.0) -> Tensor:
    """Return ½ x² + ¼ rim x⁴, whose curvature is 1 + 3 rim x²."""
    return 0.5 * x**2 + 0.25 * rim * x**4


def curvature(x: float, rim: float = 1.0) -> float:
    """Return the second derivative of the valley."""
    return 1 + 3 * rim * x**2


def run(schedule: Schedule, lr: float, rim: float = 1.0) -> FloatArray:
    """Return the loss after each step, the mean over all draws: (steps + 1,).

    Args:
        schedule: `(step, steps) -> factor`.
        lr: The peak rate.
        rim: Weight of the fourth power; 0 for the same curvature everywhere.

    Returns:
        Infinite from the step on which a draw is beyond all numbers.
    """
    generator = torch.Generator().manual_seed(0)
    noise = iter(torch.randn((STEPS, DRAWS), generator=generator, dtype=torch.float64))

    def gradient(x: Tensor) -> Tensor:
        step: Tensor = next(noise)
        return x + rim * x**3 + step

    start = np.full(DRAWS, START)
    path = walk(GradientDescent, gradient, start, STEPS, lr=lr, schedule=schedule)
    losses = torch.nan_to_num(valley(torch.tensor(path), rim), nan=torch.inf, posinf=torch.inf)
    means: FloatArray = losses.mean(1).numpy()
    return means


def _best(ends: FloatArray) -> float:
    return RATES[int(ends.argmin())]


def _largest(ends: FloatArray) -> float:
    return RATES[int(np.flatnonzero(np.isfinite(ends))[-1])]


def _conclusions(
    ends: dict[str, FloatArray], gentle: dict[str, float], best: str
) -> tuple[str, ...]:
    at, small = RATES.index(SHOWN), RATES.index(SMALL)
    rise, both = float(ends["rise"][at]), float(ends["rise and fall"][at])
    return (
        f"Of {len(RATES)} rates, the largest that is bearable is"
        f" {number(_largest(ends['constant']))} if it is constant and"
        f" {number(_largest(ends['rise']))} if it rises first: on the way down the curvature goes"
        f" from {number(curvature(START))} to {number(curvature(0.0))}. Gradient descent has no"
        " momentum or variance to estimate, so this gain has another cause than the lecture's.",
        f"At the peak rate {SHOWN} the fall takes the loss from {number(rise)} to {number(both)}: a"
        " constant rate keeps the noise of its last steps.",
        f"The condition: at the rate {SMALL} the constant rate ends at"
        f" {number(float(ends['constant'][small]))} and the rise and fall at"
        f" {number(float(ends['rise and fall'][small]))}; without a steep rim the rate {SHOWN} ends"
        f" at {_with_and_without(number(gentle['rise']), number(gentle['constant']))}.",
        f"The lowest loss of all is {number(float(ends[best].min()))}, by the schedule"
        f" '{best}' at {number(_best(ends[best]))}"
        + (
            ": a rise makes a large rate bearable, and a lower one may need none."
            if best in ("constant", "fall")
            else "."
        ),
    )


def _with_and_without(rise: str, constant: str) -> str:
    if rise == constant:
        return f"{rise} with the rise as without it"
    return f"{rise} with the rise and at {constant} without it"


def _draw_schedules(axes: Axes) -> None:
    steps = range(STEPS + 1)
    for name, schedule in SCHEDULES.items():
        factors = [schedule(step, STEPS) for step in steps]
        axes.plot(steps, factors, label=name, markevery=30, markersize=5, **STYLES[name])
    axes.set_ylim(-0.05, 1.5)
    frame(axes, "The schedules", "step", "learning rate / peak rate")
    legend(axes, loc="upper right", ncols=2)


def _draw_losses(losses: dict[str, FloatArray], condition: str, axes: Axes) -> None:
    for name, loss in losses.items():
        shown = np.minimum(loss, 1e9)
        axes.plot(shown, label=name, markevery=30, markersize=5, linewidth=1.1, **STYLES[name])
    axes.set_yscale("log")
    axes.set_ylim(1e-3, 1e5)
    diverged = [name for name, loss in losses.items() if not np.isfinite(loss[-1])]
    what = f": {' and '.join(diverged)} diverge" if diverged else ""
    frame(
        axes, f"{condition}Peak rate {SHOWN}{what}", "step", f"loss, mean of {DRAWS} runs (cut off)"
    )
    legend(axes, loc="upper right")


def _draw_rates(ends: dict[str, FloatArray], axes: Axes) -> None:
    for name, end in ends.items():
        shown = np.where(np.isfinite(end), end, CEILING)
        axes.loglog(RATES, shown, label=name, markersize=5, linewidth=1.3, **STYLES[name])
    axes.axhline(CEILING, color=GREY, linewidth=0.8)
    axes.text(RATES[0], CEILING * 1.15, "diverged", **NOTE)
    axes.set_ylim(1e-4, 100)
    frame(axes, "The condition: the rate", "peak learning rate", f"loss after {STEPS} steps")
    legend(axes, loc="lower left")
