"""One rate for all directions crawls or diverges; Adagrad takes a rate of 1.

The lecture shows 100 steps on a bowl that is steep in one direction and flat in the other. The
condition: the steep direction must lie along a coordinate, for Adagrad scales each by itself.
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
    ORANGE,
    contours,
    draw_path,
    frame,
    legend,
    mark_optimum,
)
from catalog.demos.surfaces import FLAT, STEEP, bowl, bowl_gradient
from catalog.demos.walk import FloatArray, walk
from catalog.optimization.adagrad.reference import Adagrad
from catalog.optimization.gradient_descent.reference import GradientDescent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

START = (2.0, 5.0)
STEPS = 100
SLOW, FAST, ADAPTIVE = 1e-4, 1e-3, 1.0
SLOWLY, FASTER = f"gradient descent, {SLOW:g}", f"gradient descent, {FAST:g}"
ADAPTING = f"Adagrad, {ADAPTIVE}"
DEGREES = np.arange(0, 91)
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
STYLES = (BLUE, ORANGE, GREEN)


def perform() -> Outcome:
    """Walk down the bowl, and down the same bowl turned."""
    paths = {
        SLOWLY: walk(GradientDescent, bowl_gradient, START, STEPS, lr=SLOW),
        FASTER: walk(GradientDescent, bowl_gradient, START, STEPS, lr=FAST),
        ADAPTING: walk(Adagrad, bowl_gradient, START, STEPS, lr=ADAPTIVE),
    }
    losses = {name: _losses(path) for name, path in paths.items()}
    slow, fast, adaptive = (float(loss[-1]) for loss in losses.values())
    rises = int((np.diff(losses[ADAPTING]) > 0).sum())
    plain, scaled = turned(GradientDescent, SLOW), turned(Adagrad, ADAPTIVE)
    best = min(float(turned(Adagrad, rate)[45]) for rate in RATES)
    return Outcome(
        shown=(
            Row("loss at the start", "", float(losses[ADAPTING][0])),
            Row(f"{SLOWLY}: loss after {STEPS} steps", "crawls", slow),
            Row(
                f"  its flat coordinate, which began at {START[1]:g}",
                "",
                float(paths[SLOWLY][-1, 1]),
            ),
            Row(f"{FASTER}: loss after {STEPS} steps", "diverges", fast),
            Row(f"{ADAPTING}: loss after {STEPS} steps", "far lower", adaptive),
            Row("  steps on which its loss rose", "may be unsteady", rises, f"of {STEPS}"),
        ),
        condition=(
            Row("rate beyond which gradient descent diverges", "", 2 / STEEP),
            Row(f"bowl turned by 20 degrees: {SLOWLY}", "", float(plain[20])),
            Row(f"bowl turned by 20 degrees: {ADAPTING}", "", float(scaled[20])),
            Row(f"bowl turned by 45 degrees: {SLOWLY}", "", float(plain[45])),
            Row(f"bowl turned by 45 degrees: {ADAPTING}", "", float(scaled[45])),
            Row(f"bowl turned by 45 degrees: Adagrad, best of {len(RATES)} rates", "", best),
        ),
        conclusions=_conclusions(slow, fast, adaptive, float(plain[45]), best),
        panels=(
            partial(_draw_paths, paths),
            partial(_draw_losses, losses),
            partial(_draw_angles, plain, scaled),
        ),
    )


def turned(make: Callable[..., torch.optim.Optimizer], lr: float) -> FloatArray:
    """Return the loss after the last step on the bowl turned by each of `DEGREES`.

    The start is turned along: relative to the bowl it is always the same.
    """
    angle = torch.tensor(np.radians(DEGREES))
    a, b = START
    start = torch.stack(
        [a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1
    )
    path = walk(make, partial(bowl_gradient, angle=angle), start, STEPS, lr=lr)
    ends: FloatArray = bowl(torch.tensor(path[-1]), angle).numpy()
    return ends


def _losses(path: FloatArray) -> FloatArray:
    losses: FloatArray = bowl(torch.tensor(path)).numpy()
    return losses


def _conclusions(
    slow: float, fast: float, adaptive: float, turned_plain: float, turned_best: float
) -> tuple[str, ...]:
    limit = 2 / STEEP
    held = SLOW < limit < FAST and fast > 1e6 and adaptive < slow / 100
    return (
        f"The lecture's demonstration {'holds' if held else 'does not hold'} on a bowl whose"
        f" curvatures are {number(STEEP)} and {number(FLAT)}: after {STEPS} steps Adagrad's loss is"
        f" {number(adaptive)}, gradient descent's {number(slow)} at the small rate and"
        f" {number(fast)} at the large one.",
        f"Gradient descent diverges beyond the rate 2 / {number(STEEP)} = {number(limit)}, so the"
        f" demonstration wants a steepest curvature from {number(2 / FAST)} to {number(2 / SLOW)}.",
        f"The condition: on the same bowl turned by 45 degrees Adagrad ends at"
        f" {number(turned_best)} at the best of {len(RATES)} rates, and gradient descent at"
        f" {number(turned_plain)}. Adagrad scales each coordinate by itself,"
        + (
            " so it gains where the steep direction lies along a coordinate, and little elsewhere."
            if turned_best > turned_plain / 2
            else " and gains on the turned bowl too."
        ),
    )


def _draw_paths(paths: dict[str, FloatArray], axes: Axes) -> None:
    contours(axes, bowl, (-3.8, 2.6), (-1.2, 6))
    for (name, path), style in zip(paths.items(), STYLES, strict=True):
        draw_path(axes, path, name, style, every=10)
    mark_optimum(axes, 0, 0)
    frame(axes, f"{STEPS} steps from ({START[0]:g}, {START[1]:g})", "steep", "flat")
    legend(axes, loc="lower left")


def _draw_losses(losses: dict[str, FloatArray], axes: Axes) -> None:
    for (name, loss), style in zip(losses.items(), STYLES, strict=True):
        axes.plot(loss, label=name, markevery=10, markersize=4, linewidth=1.3, **style)
    axes.set_yscale("log")
    axes.set_ylim(1e-10, 1e12)
    frame(axes, "The loss on the way", "step", "loss (higher values cut off)")
    legend(axes, loc="lower left")


def _draw_angles(plain: FloatArray, scaled: FloatArray, axes: Axes) -> None:
    for name, ends, style in zip((SLOWLY, ADAPTING), (plain, scaled), (BLUE, GREEN), strict=True):
        axes.plot(DEGREES, ends, label=name, markevery=15, markersize=4, linewidth=1.3, **style)
    axes.set_yscale("log")
    axes.set_xticks(range(0, 91, 15))
    frame(axes, "The condition: the bowl turned", "degrees", f"loss after {STEPS} steps")
    legend(axes, loc="lower center")
