"""Accuracy is flat wherever it is smooth; the cross-entropy slopes everywhere.

The lecture trains the cross-entropy because the accuracy has no gradient, and calls that a
mismatch; far outliers show it. The condition: a gradient alone is not enough, for that of the
squared error dies where the network is sure and wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from catalog.demos.demo import Outcome, Row, number
from catalog.demos.drawing import BLACK, BLUE, GREEN, ORANGE, frame, legend
from catalog.demos.walk import FloatArray, walk
from catalog.loss.cross_entropy.reference import cross_entropy, log_softmax
from catalog.optimization.gradient_descent.reference import GradientDescent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Loss = Callable[[Tensor, Tensor], Tensor]
"""From scores (n, 2) and classes (n,) to a scalar."""

COUNT, OUTLIERS = 30, 4
"""Examples of each class, around -1 and 1; and far ones of the second class, around -8."""
STEPS, LR, FASTER = 300, 1.0, 10
START = (-10.0, 0.0)
"""Weight and bias of a classifier that is sure, and takes each class for the other."""
POINTS = 1000
TINY = 1e-6
THRESHOLDS = np.linspace(-4, 4, 801)
SURE = -10.0
"""Score of the right class below the other, for the gradient of a confident mistake."""


def examples(outliers: int) -> tuple[Tensor, Tensor]:
    """Return inputs (n,) and classes (n,) of two overlapping groups, and some outliers."""
    rng = np.random.default_rng(0)
    x = np.concatenate([
        rng.normal(-1, 1, COUNT), rng.normal(1, 1, COUNT), rng.normal(-8, 0.5, outliers)
    ])  # fmt: skip
    return torch.tensor(x), torch.tensor([0] * COUNT + [1] * (COUNT + outliers))


def logits(parameters: Tensor, x: Tensor) -> Tensor:
    """Return (n, 2): 0 for the first class, w x + b for the second.

    Args:
        parameters: w and b, (2,).
        x: (n,).
    """
    w, b = parameters
    score = w * x + b
    return torch.stack([torch.zeros_like(score), score], dim=1)


def accuracy(parameters: Tensor, x: Tensor, y: Tensor) -> float:
    """Return the share of right decisions."""
    return float((logits(parameters, x).argmax(1) == y).double().mean())


def squared_error(scores: Tensor, y: Tensor) -> Tensor:
    """Return the mean over examples of Σ (p - one-hot)², with p the softmax of scores (n, 2)."""
    gap = log_softmax(scores).exp() - F.one_hot(y, 2)
    return (gap**2).sum(1).mean()


def slope(loss: Loss, parameters: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the gradient of a loss in w and b, (2,)."""
    parameters = parameters.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logits(parameters, x), y), parameters)
    return gradient


def accuracy_slope(parameters: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Return the difference quotient of the error rate in w and b, (2,)."""
    quotients = [
        (accuracy(parameters - step, x, y) - accuracy(parameters + step, x, y)) / (2 * TINY)
        for step in TINY * torch.eye(2, dtype=torch.float64)
    ]
    return torch.tensor(quotients, dtype=torch.float64)


def perform() -> Outcome:
    """Look at both on a line of thresholds, train each, and add outliers."""
    x, y = examples(0)
    slopes: dict[str, Callable[[Tensor], Tensor]] = {
        "accuracy": partial(accuracy_slope, x=x, y=y),
        "squared error": partial(slope, squared_error, x=x, y=y),
        "cross-entropy": partial(slope, cross_entropy, x=x, y=y),
    }
    at = torch.tensor(np.random.default_rng(1).normal(0, 2, (POINTS, 2)))
    flat = {name: sum(not bool(of(p).any()) for p in at) for name, of in slopes.items()}
    paths = {name: walk(GradientDescent, of, START, STEPS, lr=LR) for name, of in slopes.items()}
    rates = {
        name: np.array([accuracy(p, x, y) for p in torch.tensor(path)])
        for name, path in paths.items()
    }
    faster = walk(GradientDescent, slopes["squared error"], START, STEPS, lr=FASTER * LR)
    hurried = accuracy(torch.tensor(faster[-1]), x, y)
    wrong: dict[str, Loss] = {"cross-entropy": cross_entropy, "squared error": squared_error}
    sure = {name: float(mistake_slope(loss)) for name, loss in wrong.items()}
    plain = sweep(float(paths["cross-entropy"][-1, 0]), x, y)
    far, far_y = examples(OUTLIERS)
    best = torch.tensor(
        walk(GradientDescent, partial(slope, cross_entropy, x=far, y=far_y), (1.0, 0.0), 1000, 0.3)
    )[-1]
    outlying = sweep(float(best[0]), far, far_y)
    lowest, highest = accuracy(best, far, far_y), 1 - float(outlying[0].min())
    return Outcome(
        shown=(
            Row(
                "random weights where the accuracy is flat", "usually",
                flat["accuracy"], f"of {POINTS:,}",
            ),
            Row(
                "random weights where cross-entropy is flat", "smooth",
                flat["cross-entropy"], f"of {POINTS:,}",
            ),
            Row("accuracy at the start, classes swapped", "", float(rates["accuracy"][0])),
            Row("  after training the accuracy", "cannot be trained", float(rates["accuracy"][-1])),
            Row("  after training the cross-entropy", "trains", float(rates["cross-entropy"][-1])),
            Row(f"{OUTLIERS} outliers: accuracy, lowest cross-entropy", "a mismatch", lowest),
            Row(f"{OUTLIERS} outliers: highest accuracy", "", highest),
        ),
        condition=(
            Row("accuracy after training the squared error", "", float(rates["squared error"][-1])),
            Row(f"  at {FASTER} times the rate", "", hurried),
            Row("slope of a sure mistake: cross-entropy", "", sure["cross-entropy"]),
            Row("slope of a sure mistake: squared error", "", sure["squared error"]),
        ),
        conclusions=_conclusions(flat, rates, sure, lowest, highest, hurried),
        panels=(
            partial(_draw_sweep, "The error rate has steps, the cross-entropy a slope", plain),
            partial(_draw_training, rates),
            partial(_draw_sweep, f"The mismatch: {OUTLIERS} far outliers", outlying),
        ),
    )  # fmt: skip


def mistake_slope(loss: Loss) -> Tensor:
    """Return how fast a loss falls with the score of the right class where it is far below."""
    score = torch.tensor(SURE, dtype=torch.float64, requires_grad=True)
    scores = torch.stack([torch.zeros_like(score), score])[None]
    (gradient,) = torch.autograd.grad(loss(scores, torch.tensor([1])), score)
    return gradient.abs()


def sweep(weight: float, x: Tensor, y: Tensor) -> tuple[FloatArray, FloatArray]:
    """Return error rate and cross-entropy for all `THRESHOLDS` at one weight."""
    rows = [torch.tensor([weight, -weight * t], dtype=torch.float64) for t in THRESHOLDS]
    errors = np.array([1 - accuracy(row, x, y) for row in rows])
    return errors, np.array([float(cross_entropy(logits(row, x), y)) for row in rows])


def _conclusions(
    flat: dict[str, int],
    rates: dict[str, FloatArray],
    sure: dict[str, float],
    lowest: float,
    highest: float,
    hurried: float,
) -> tuple[str, ...]:
    ends = {name: float(rate[-1]) for name, rate in rates.items()}
    moved = not np.all(rates["accuracy"] == rates["accuracy"][0])
    return (
        f"The accuracy has a gradient of exactly 0 at {flat['accuracy']:,} of {POINTS:,} random"
        f" weights, the cross-entropy at {flat['cross-entropy']:,}. Trained by its own gradient the"
        f" accuracy {'moves' if moved else 'does not move'}; by that of the cross-entropy it goes"
        f" from {number(float(rates['cross-entropy'][0]))} to {number(ends['cross-entropy'])}.",
        f"With {OUTLIERS} outliers the lowest cross-entropy has the accuracy {number(lowest)}, and"
        f" another threshold {number(highest)}: "
        + ("trained and meant are not the same." if highest > lowest else "here the two agree."),
        f"The condition: a gradient alone is not enough. The squared error of the probabilities has"
        f" one too, and ends at {number(ends['squared error'])} at the same rate, at"
        f" {number(hurried)} at one {FASTER} times larger: where the network is sure and wrong its"
        f" slope is {number(sure['squared error'])}, that of the cross-entropy"
        f" {number(sure['cross-entropy'])}.",
    )


def _draw_sweep(title: str, curves: tuple[FloatArray, FloatArray], axes: Axes) -> None:
    errors, losses = curves
    for label, values, style in (
        ("error rate", errors, ORANGE),
        ("cross-entropy", losses, BLUE),
    ):
        axes.plot(THRESHOLDS, values, label=label, markevery=100, markersize=5, **style)
        lowest = THRESHOLDS[values.argmin()]
        axes.plot(
            lowest, values.min(), marker=style["marker"], color=style["color"], markersize=10,
            markeredgecolor="black", linestyle="none", label=f"its lowest, at {lowest:.2f}",
        )  # fmt: skip
    high = min(2.0, 1.3 * float(losses.max()))
    cut = ", cut off" if losses.max() > high else ""
    axes.set_ylim(0, high)
    frame(axes, title, "threshold between the classes", f"error rate, cross-entropy{cut}")
    legend(axes, loc="upper center")


def _draw_training(rates: dict[str, FloatArray], axes: Axes) -> None:
    for (name, rate), style in zip(rates.items(), (BLACK, GREEN, BLUE), strict=True):
        axes.plot(rate, label=name, markevery=25, markersize=5, **style)
    axes.set_ylim(0, 1)
    frame(axes, f"Trained from w = {START[0]:g}, by the gradient of", "step", "accuracy")
    legend(axes, loc="center right")
