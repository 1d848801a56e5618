"""How the demonstrations draw: lines told apart by shape as well as by colour, and contours.

It draws on axes that it is given and imports no matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from catalog.demos.walk import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Style = dict[str, Any]
BLUE: Style = {"color": "#0072B2", "linestyle": "-", "marker": "o"}
ORANGE: Style = {"color": "#D55E00", "linestyle": "--", "marker": "s"}
GREEN: Style = {"color": "#009E73", "linestyle": "-.", "marker": "D"}
BLACK: Style = {"color": "#000000", "linestyle": ":", "marker": "^"}
"""Colours of Okabe and Ito, 2008, https://jfly.uni-koeln.de/color/: the colour-blind tell them
apart."""

GREY = "#8A8A8A"
NOTE: Style = {"color": "#4D4D4D", "fontsize": 8}
LINES = 14


def frame(axes: Axes, title: str, x: str, y: str) -> None:
    """Give a panel its title and the names of its axes."""
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8)


def legend(axes: Axes, **settings: Any) -> None:
    """Put the legend where it hides least, or where the settings say."""
    axes.legend(**{"fontsize": 8, "framealpha": 0.9, "handlelength": 3.2, **settings})


def contours(
    axes: Axes,
    surface: Callable[[Tensor], Tensor],
    x: tuple[float, float],
    y: tuple[float, float],
    levels: Sequence[float] = (),
) -> None:
    """Draw a surface from above in grey, and set the limits of the axes.

    Args:
        axes: Where to draw.
        surface: From (..., 2) to (...).
        x: Limits.
        y: Limits.
        levels: Heights of the lines; evenly spaced in decades if empty.
    """
    xs, ys = np.linspace(*x, 241), np.linspace(*y, 241)
    points = np.stack(np.meshgrid(xs, ys), axis=-1)
    heights = surface(torch.tensor(points)).numpy()
    decades = np.geomspace(np.quantile(heights, 0.005), heights.max(), LINES)
    axes.contour(xs, ys, heights, levels=levels or decades, colors="#BDBDBD", linewidths=0.7)
    axes.set_xlim(*x)
    axes.set_ylim(*y)


def draw_path(axes: Axes, path: FloatArray, label: str, style: Style, every: int) -> None:
    """Draw the positions (steps + 1, 2) of a walk, a marker on every so many of them.

    Its last position gets a large marker; a walk that leaves the panel ends where it does so.
    """
    low, high = np.array([axes.get_xlim(), axes.get_ylim()]).T
    outside = ~((path >= low) & (path <= high)).all(1)
    left = int(outside.argmax()) if outside.any() else len(path)
    drawn = path[: left + 1]
    axes.plot(*drawn.T, label=label, markevery=every, markersize=3.5, linewidth=1.3, **style)
    if left == len(path):
        axes.plot(
            *path[-1], marker=style["marker"], color=style["color"], markersize=8,
            markeredgecolor="white", linestyle="none", zorder=5,
        )  # fmt: skip


def mark_optimum(axes: Axes, x: float, y: float) -> None:
    """Draw a star at the optimum."""
    axes.plot(
        x, y, marker="*", color="#F0E442", markeredgecolor="black", markersize=19,
        linestyle="none", label="optimum", zorder=4,
    )  # fmt: skip
