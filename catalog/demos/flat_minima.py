"""A wide and a narrow minimum of the same depth, when validation is training moved a little.

The condition: width is no property of what was learned. Rescaling the weights of a ReLU unit makes
the same function as sharp as one likes, and its validation loss does not change.
Source of the condition: Dinh et al., 2017, https://arxiv.org/abs/1703.04933.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from catalog.demos.demo import Outcome, Row, number
from catalog.demos.drawing import BLUE, GREY, NOTE, ORANGE, frame, legend
from catalog.demos.walk import FloatArray, walk
from catalog.optimization.gradient_descent.reference import GradientDescent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE, NARROW = (-2.0, 1.0), (2.0, 0.1)
"""Place and width of each minimum."""
STARTS = {"wide": -3.0, "narrow": 2.15}
SHIFT = 0.2
STEPS, LR = 2000, 0.01
SHIFTS = np.linspace(0, 0.6, 61)
SCALES = np.geomspace(1, 30, 31)
TARGET_SHIFT = 0.2


def loss(x: Tensor) -> Tensor:
    """Return 1 - max exp(-(x - place)² / (2 width²)), two minima of 0 on a line."""
    wells = [torch.exp(-((x - place) ** 2) / (2 * width**2)) for place, width in (WIDE, NARROW)]
    return 1 - torch.maximum(*wells)


def unit_loss(weights: Tensor, target: float = 1.0) -> Tensor:
    """Return ½ (a relu(b x) - target)², the loss of a ReLU unit (a, b) on the one example x = 1."""
    a, b = weights
    squared: Tensor = (a * torch.relu(b) - target) ** 2
    return 0.5 * squared


def perform() -> Outcome:
    """Descend into each minimum, move the validation loss, and rescale a ReLU unit."""
    path = walk(GradientDescent, _gradient, list(STARTS.values()), STEPS, lr=LR)
    ends = dict(zip(STARTS, path[-1], strict=True))
    train = {name: float(loss(torch.tensor(end))) for name, end in ends.items()}
    rises = {name: rise(end) for name, end in ends.items()}
    at = int(np.abs(SHIFTS - SHIFT).argmin())
    sharpness, validation = rescaled()
    by = number(float(SCALES[-1]))
    return Outcome(
        shown=(
            *(
                Row(f"{name} minimum: training loss", "", train[name])
                for name in ends
            ),
            *(
                Row(f"{name} minimum: curvature", "", curvature(loss, torch.tensor([end])))
                for name, end in ends.items()
            ),
            Row(
                f"wide minimum: rise in validation, moved by {SHIFT}", "less",
                float(rises["wide"][at]),
            ),
            Row(
                f"narrow minimum: rise in validation, moved by {SHIFT}", "more",
                float(rises["narrow"][at]),
            ),
        ),
        condition=(
            Row("ReLU unit: curvature, balanced weights", "", float(sharpness[0])),
            Row(f"  the same function, weights rescaled by {by}", "", float(sharpness[-1])),
            Row("  validation loss, balanced weights", "", float(validation[0])),
            Row(f"  validation loss, weights rescaled by {by}", "", float(validation[-1])),
        ),
        conclusions=_conclusions(ends, rises, at, sharpness, validation),
        panels=(
            partial(_draw_minima, ends),
            partial(_draw_rises, rises),
            partial(_draw_rescaled, sharpness, validation),
        ),
    )  # fmt: skip


def _gradient(x: Tensor) -> Tensor:
    x = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(x).sum(), x)
    return gradient


def curvature(function: Callable[[Tensor], Tensor], point: Tensor) -> float:
    """Return the largest eigenvalue of the Hessian of a function at a point (n,)."""
    point = point.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(point).sum(), point, create_graph=True)
    rows = [torch.autograd.grad(part, point, retain_graph=True)[0] for part in gradient]
    return float(torch.linalg.eigvalsh(torch.stack(rows))[-1])


def rise(end: float) -> FloatArray:
    """Return how much higher the validation loss is than the training loss, for all `SHIFTS`."""
    moved = loss(torch.tensor(end - SHIFTS)) - loss(torch.tensor(end, dtype=torch.float64))
    return moved.numpy()


def rescaled() -> tuple[FloatArray, FloatArray]:
    """Return sharpness and validation loss of one function, for all `SCALES` of its weights.

    The unit a·relu(b) with the weights (s, 1/s) is the same function for every s. Its validation
    example wants a little more than its training example.

    Returns:
        The largest eigenvalue of the Hessian of the training loss, and the validation loss, each
        (scales,).
    """
    weights = torch.tensor(np.stack([SCALES, 1 / SCALES], axis=1))
    sharpness = [curvature(unit_loss, unit) for unit in weights]
    validation = [float(unit_loss(unit, 1 + TARGET_SHIFT)) for unit in weights]
    return np.array(sharpness), np.array(validation)


def _conclusions(
    ends: dict[str, float],
    rises: dict[str, FloatArray],
    at: int,
    sharpness: FloatArray,
    validation: FloatArray,
) -> tuple[str, ...]:
    wide, narrow = float(rises["wide"][at]), float(rises["narrow"][at])
    verb = "holds" if narrow > wide else "does not hold"
    spread = float(np.ptp(validation) / validation.mean())
    return (
        f"The lecture's claim {verb} for a validation loss that is the training loss moved by"
        f" {SHIFT}: the wide minimum rises by {number(wide)}, the narrow one by {number(narrow)}.",
        f"Which of the two is found is decided by the start: the same descent went to"
        f" {number(ends['wide'])} from {number(STARTS['wide'])}, and to {number(ends['narrow'])}"
        f" from {number(STARTS['narrow'])}.",
        f"The condition: the weights must be measured on one scale. A ReLU unit rescaled within"
        f" itself is the same function with the curvature {number(sharpness[-1])} instead of"
        f" {number(sharpness[0])}, and its validation loss"
        + (
            f" stays {number(validation[0])}: sharpness alone proves nothing."
            if spread < 1e-9
            else f" goes from {number(validation[0])} to {number(validation[-1])}."
        ),
    )


def _draw_minima(ends: dict[str, float], axes: Axes) -> None:
    x = np.linspace(-5, 3, 1601)
    axes.plot(x, loss(torch.tensor(x)), color=BLUE["color"], label="training")
    axes.plot(
        x, loss(torch.tensor(x - SHIFT)), color=ORANGE["color"], linestyle="--",
        label=f"validation: moved by {SHIFT}",
    )  # fmt: skip
    for index, (name, end) in enumerate(ends.items()):
        low = float(loss(torch.tensor(end)))
        high = float(loss(torch.tensor(end - SHIFT)))
        axes.plot([end, end], [low, high], color="black", linewidth=1)
        kinds = ("training", "validation") if index == 0 else ("", "")
        labels = [kind and f"{kind} loss of what was found" for kind in kinds]
        axes.plot(end, low, "o", color="black", markersize=6, label=labels[0])
        axes.plot(
            end, high, "o", color="black", markerfacecolor="white", markersize=6, label=labels[1]
        )
        axes.text(end, -0.05, name, ha="center", va="top", fontsize=9)
    axes.set_ylim(-0.15, 1.55)
    frame(axes, "Two minima, and what a shift does to them", "parameter", "loss")
    legend(axes, loc="upper left")


def _draw_rises(rises: dict[str, FloatArray], axes: Axes) -> None:
    for (name, values), style in zip(rises.items(), (BLUE, ORANGE), strict=True):
        axes.plot(SHIFTS, values, label=name, markevery=10, markersize=5, **style)
    axes.axvline(SHIFT, color=GREY, linewidth=1)
    axes.text(SHIFT, 0.55, " shown on the left", transform=axes.get_xaxis_transform(), **NOTE)
    frame(axes, "Rise by the size of the shift", "shift", "validation loss above training loss")
    legend(axes, loc="center right")


def _draw_rescaled(sharpness: FloatArray, validation: FloatArray, axes: Axes) -> None:
    axes.loglog(SCALES, sharpness, label="curvature", markevery=5, markersize=5, **ORANGE)
    axes.loglog(SCALES, validation, label="validation loss", markevery=5, markersize=5, **BLUE)
    frame(axes, "The condition: one function, rescaled", "scale of the weights", "")
    legend(axes, loc="upper left")
