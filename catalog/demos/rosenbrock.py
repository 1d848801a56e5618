"""Adagrad, RMSprop and Adam in Rosenbrock's bent valley, 1,000 iterations each.

The lecture shows them at one rate. The condition: their order depends on the rate.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from catalog.demos.demo import Outcome, Row, number
from catalog.demos.drawing import (
    BLUE,
    GREEN,
    GREY,
    NOTE,
    ORANGE,
    contours,
    draw_path,
    frame,
    legend,
    mark_optimum,
)
from catalog.demos.surfaces import rosenbrock_gradient
from catalog.demos.walk import FloatArray, walk
from catalog.lab.surfaces import rosenbrock
from catalog.optimization.adagrad.reference import Adagrad
from catalog.optimization.adam.reference import Adam
from catalog.optimization.rmsprop.reference import RMSprop

if TYPE_CHECKING:
    from matplotlib.axes import Axes

START = (-1.5, 2.0)
OPTIMUM = (1.0, 1.0)
STEPS = 1000
LAST = 100
SHOWN, OTHER = 0.1, 0.01
RATES = (0.003, OTHER, 0.03, SHOWN, 0.3, 1.0, 3.0)
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "Adagrad": Adagrad,
    "RMSprop": RMSprop,
    "Adam": Adam,
}
STYLES = (GREEN, ORANGE, BLUE)


def perform() -> Outcome:
    """Walk down the valley with each optimizer at each rate."""
    paths = {
        name: [walk(make, rosenbrock_gradient, START, STEPS, lr=rate) for rate in RATES]
        for name, make in OPTIMIZERS.items()
    }
    ends = {
        name: np.array([settled_distance(path) for path in walks]) for name, walks in paths.items()
    }
    at, other = RATES.index(SHOWN), RATES.index(OTHER)
    shown = {name: paths[name][at] for name in OPTIMIZERS}
    last = {name: float(distances(path)[-LAST:].max()) for name, path in shown.items()}
    said = {"Adagrad": "far", "RMSprop": "nearer", "Adam": "at the optimum"}
    return Outcome(
        shown=(
            Row("distance at the start", "", float(distances(shown["Adam"])[0])),
            *(
                Row(f"{name}, rate {SHOWN}: distance at the end", said[name], float(end[at]))
                for name, end in ends.items()
            ),
            Row(f"  Adam: greatest distance in the last {LAST}", "stays there", last["Adam"]),
        ),
        condition=(
            *(
                Row(f"{name}, rate {OTHER}: distance at the end", "", float(end[other]))
                for name, end in ends.items()
            ),
            *(
                Row(
                    f"{name}, its best rate ({number(RATES[int(end.argmin())])})",
                    "",
                    float(end.min()),
                )
                for name, end in ends.items()
            ),
        ),
        conclusions=_conclusions(ends),
        panels=(partial(_draw_paths, shown), partial(_draw_rates, ends)),
    )


def settled_distance(path: FloatArray) -> float:
    """Return the median distance from the optimum over the last positions, for some jitter."""
    return float(np.median(distances(path)[-LAST:]))


def distances(path: FloatArray) -> FloatArray:
    """Return the distance of each position from the optimum."""
    found: FloatArray = np.linalg.norm(path - OPTIMUM, axis=-1)
    return found


def _conclusions(ends: dict[str, FloatArray]) -> tuple[str, ...]:
    def order(at: int) -> list[str]:
        return sorted(ends, key=lambda name: float(ends[name][at]))

    lecture = ["Adam", "RMSprop", "Adagrad"]
    holding = [rate for at, rate in enumerate(RATES) if order(at) == lecture]
    best = sorted(ends, key=lambda name: float(ends[name].min()))
    verb = "holds" if SHOWN in holding else "does not hold"
    other = order(RATES.index(OTHER))
    return (
        f"The lecture's order (Adam, RMSprop, Adagrad) {verb} at the rate {SHOWN};"
        f" distances at the end are medians over the last {LAST} iterations.",
        f"The condition: the rate. It holds at {len(holding)} of the {len(RATES)} rates"
        f" ({', '.join(map(number, holding))}); at {OTHER} the order is {', '.join(other)}.",
        f"With each at its own best rate the order is {', '.join(best)}"
        f"{', the same as in the lecture' if best == lecture else ''}.",
    )


def _draw_paths(paths: dict[str, FloatArray], axes: Axes) -> None:
    contours(axes, rosenbrock, (-2, 2), (-1, 3.2))
    for (name, path), style in zip(paths.items(), STYLES, strict=True):
        draw_path(axes, path, name, style, every=50)
    mark_optimum(axes, *OPTIMUM)
    frame(axes, f"{STEPS:,} iterations at rate {SHOWN}", "x", "y")
    legend(axes, loc="lower left")


def _draw_rates(ends: dict[str, FloatArray], axes: Axes) -> None:
    for (name, end), style in zip(ends.items(), STYLES, strict=True):
        axes.loglog(RATES, end, label=name, markersize=5, linewidth=1.3, **style)
    axes.axvline(SHOWN, color=GREY, linewidth=1)
    axes.text(
        SHOWN, 0.3, "shown on the left ", transform=axes.get_xaxis_transform(), ha="right", **NOTE
    )  # fmt: skip
    frame(
        axes,
        "The condition: the rate",
        "learning rate",
        f"distance, median of the last {LAST} iterations",
    )
    legend(axes, loc="lower left")
