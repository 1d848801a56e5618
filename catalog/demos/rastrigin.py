"""RMSprop and momentum among the many minima of Rastrigin's function.

The lecture shows one start from which RMSprop stops early and momentum crosses hills to the lowest
minimum. The condition: the start, and the schedule; here both go from 200 random starts.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from catalog.demos.demo import Outcome, Row, number
from catalog.demos.drawing import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    contours,
    draw_path,
    frame,
    legend,
    mark_optimum,
)
from catalog.demos.surfaces import rastrigin_gradient
from catalog.demos.walk import BoolArray, FloatArray, walk
from catalog.lab.surfaces import rastrigin
from catalog.optimization.learning_rate_decay.reference import linear_decay
from catalog.optimization.momentum.reference import Momentum
from catalog.optimization.rmsprop.reference import RMSprop

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = 1000
COUNT = 200
EDGE = 5.12
"""The function is usually searched from -5.12 to 5.12."""
REACHED = 0.5
"""The lowest minimum is reached if no coordinate ends further from 0: half way to the next one."""
BETA = 0.98
RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SHOWN = {"RMSprop": 0.01, "momentum": 0.03}
ARMS = {
    "RMSprop": partial(walk, RMSprop),
    "momentum": partial(walk, Momentum, momentum=BETA, averaged=True),
    "RMSprop, decayed": partial(walk, RMSprop, schedule=linear_decay),
    "momentum, decayed": partial(
        walk, Momentum, momentum=BETA, averaged=True, schedule=linear_decay
    ),
}
STYLES = dict(zip(ARMS, (ORANGE, BLUE, BLACK, GREEN), strict=True))


def perform() -> Outcome:
    """Walk with each from all starts at every rate; show one start as the lecture does."""
    starts = draw_starts()
    walks = {
        name: [arm(rastrigin_gradient, starts, STEPS, lr=rate) for rate in RATES]
        for name, arm in ARMS.items()
    }
    counts = {
        name: np.array([is_reached(path[-1]).sum() for path in paths])
        for name, paths in walks.items()
    }
    shown = {name: walks[name][RATES.index(rate)] for name, rate in SHOWN.items()}
    agreeing = np.flatnonzero(is_reached(shown["momentum"][-1]) & ~is_reached(shown["RMSprop"][-1]))
    one = int(agreeing[0])
    paths = {name: path[:, one] for name, path in shown.items()}
    said = {
        "RMSprop": ("stuck", "early", ""),
        "momentum": ("near the optimum", "", "one after another"),
    }
    rows = [Row("value at the start", "", _value(paths["RMSprop"][0]))]
    for name, path in paths.items():
        end, settled, crossed = said[name]
        rows += [
            Row(f"{name}, rate {SHOWN[name]}: value at the end", end, _value(path[-1])),
            Row("  hills crossed", crossed, hills(path)),
            Row("  step from which it stays in one valley", settled, last_change(path)),
        ]
    return Outcome(
        shown=tuple(rows),
        condition=(
            Row("starts that agree with the lecture", "", len(agreeing), f"of {COUNT}"),
            *(
                Row(
                    f"{name}: optimum reached, at its best rate ({number(_best(count))})",
                    "",
                    int(count.max()),
                    f"of {COUNT}",
                )
                for name, count in counts.items()
            ),
        ),
        conclusions=_conclusions(len(agreeing), counts),
        panels=(
            partial(_draw_paths, paths),
            partial(_draw_values, paths),
            partial(_draw_counts, counts),
        ),
    )


def draw_starts() -> FloatArray:
    """Return the starts, (200, 2), uniform over the square."""
    return np.random.default_rng(0).uniform(-EDGE, EDGE, (COUNT, 2))


def is_reached(positions: FloatArray) -> BoolArray:
    """Return of positions (..., 2) whether each is in the valley of the lowest minimum."""
    reached: BoolArray = np.abs(positions).max(-1) < REACHED
    return reached


def hills(path: FloatArray) -> int:
    """Return how many hills a walk (steps + 1, 2) crossed, from valley to valley."""
    return int(np.abs(np.diff(np.round(path), axis=0)).sum())


def last_change(path: FloatArray) -> int:
    """Return the step from which a walk (steps + 1, 2) stays in one valley."""
    elsewhere = (np.round(path) != np.round(path[-1])).any(1)
    return int(np.flatnonzero(elsewhere)[-1]) + 1 if elsewhere.any() else 0


def _value(position: FloatArray) -> float:
    return float(rastrigin(torch.tensor(position)))


def _best(count: FloatArray) -> float:
    return RATES[int(count.argmax())]


def _conclusions(agreeing: int, counts: dict[str, FloatArray]) -> tuple[str, ...]:
    best = {name: int(count.max()) for name, count in counts.items()}
    constant = max(("RMSprop", "momentum"), key=best.__getitem__)
    decayed = max(("RMSprop, decayed", "momentum, decayed"), key=best.__getitem__)
    return (
        f"From the start shown it is as in the lecture. The condition: the start. Of {COUNT} random"
        f" starts, {agreeing} agree with the lecture; the one shown is the first of them.",
        f"At a constant rate, each at its best, {constant} reaches the optimum more often than the"
        f" other: from {best[constant]} starts.",
        f"The schedule matters more: with a rate that falls to 0, {decayed.split(',')[0]} reaches"
        f" it from {best[decayed]}. Long steps that shrink to nothing try valley after valley, and"
        " stay in a low one."
        if best[decayed] > 2 * best[constant]
        else f"A rate that falls to 0 changes little: {best[decayed]} starts at most.",
    )


def _draw_paths(paths: dict[str, FloatArray], axes: Axes) -> None:
    contours(axes, rastrigin, (-EDGE, EDGE), (-EDGE, EDGE), levels=range(10, 81, 10))
    for name, path in paths.items():
        draw_path(axes, path, f"{name}, {SHOWN[name]}", STYLES[name], every=50)
    mark_optimum(axes, 0, 0)
    x, y = paths["RMSprop"][0]
    frame(axes, f"{STEPS:,} iterations from ({x:.2f}, {y:.2f})", "x", "y")
    legend(axes, loc="lower left")


def _draw_values(paths: dict[str, FloatArray], axes: Axes) -> None:
    for name, path in paths.items():
        values = rastrigin(torch.tensor(path)).numpy()
        axes.plot(values, label=name, markevery=50, markersize=4, linewidth=1.1, **STYLES[name])
    frame(axes, "The function's value on the way", "iteration", "value")
    legend(axes, loc="upper right")


def _draw_counts(counts: dict[str, FloatArray], axes: Axes) -> None:
    for name, count in counts.items():
        axes.semilogx(RATES, count, label=name, markersize=5, linewidth=1.3, **STYLES[name])
    axes.set_ylim(-5, COUNT)
    frame(
        axes, "The condition: the start and the schedule", "learning rate",
        f"starts of {COUNT} that reach the optimum",
    )  # fmt: skip
    legend(axes, loc="upper left")
