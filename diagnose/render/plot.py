"""The loss curves as text: the training loss a line, the validation loss a row of circles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotille

from diagnose.measures.curve import binned
from diagnose.rules.rule import number
from diagnose.run import FloatArray, Run, Series

LABEL_WIDTH = 9
LOGARITHMIC = "logarithmic scale"
LOG_DECADES = 1.5
"""Positive losses that all span more decades are drawn on a logarithmic axis."""
LEAST_SPAN = 1e-280
"""A shorter axis would underflow when it is divided among the lines."""
USUAL = 0.97
WORTH_CUTTING = 1.5
"""If the axis up to the highest value is longer than up to the usual ones by this factor, it is cut
off there: the first few losses would flatten everything that matters."""


def draw(
    run: Run, mark: float | None, width: int, height: int = 12, plain: bool = False
) -> list[str]:
    """Draw the losses of a run.

    Args:
        run: The run.
        mark: The decisive step, drawn as a vertical line; None for none.
        width: Characters to a line, labels included.
        height: Lines of the drawing itself.
        plain: Use ASCII only.

    Returns:
        The lines of the drawing, a legend first; empty if there is nothing finite to draw.
    """
    curves = [(role, _finite(run.get(role))) for role in ("train_loss", "val_loss")]
    shown = [(role, *c) for role, c in curves if c is not None and len(c[0]) > 1]
    if not shown:
        return []
    low, high, scale = _limits([value for _, _, value in shown])
    logarithmic = scale == LOGARITHMIC
    first = min(float(step[0]) for _, step, _ in shown)
    last = max(float(step[-1]) for _, step, _ in shown)
    columns = max(20, width - LABEL_WIDTH - 3)
    figure = plotille.Figure()
    figure.width, figure.height = columns, height
    figure.with_colors, figure.origin = False, False
    figure.set_x_limits(first, last)
    figure.set_y_limits(low, high)
    for role, step, value in shown:
        x, y = binned(step, value, 2 * columns if role == "train_loss" else columns // 2)
        y = np.clip(np.log10(np.maximum(y, 1e-300)) if logarithmic else y, low, high)
        if role == "train_loss" and not plain:
            figure.plot(x.tolist(), y.tolist())
        else:
            marker = "o" if role == "val_loss" else "."
            figure.plot(x.tolist(), y.tolist(), interp=None, marker=marker)
    at = None
    if mark is not None and first <= mark <= last and last > first:
        at = (mark - first) / (last - first)
    lines = _framed(figure, at, columns, low, high, logarithmic, plain)
    lines.append(_step_axis(run.step_unit, first, last, mark if at is not None else None, columns))
    return [_legend([role for role, _, _ in shown], scale, plain), *lines]


def _finite(series: Series | None) -> tuple[FloatArray, FloatArray] | None:
    if series is None:
        return None
    finite = np.isfinite(series.value) & (np.abs(series.value) < 1e30)
    return series.step[finite], series.value[finite]


def _limits(values: list[FloatArray]) -> tuple[float, float, str]:
    """Return the lower and upper limit of the axis, and what to say of its scale."""
    every = np.concatenate(values)
    low, high = float(every.min()), float(every.max())
    # A validation loss that rises by half would be flat beside a training loss that fell a
    # thousandfold: only what spans decades in every curve is drawn in decades.
    if low > 0 and all(np.ptp(np.log10(v)) > LOG_DECADES for v in values):
        floor = max(math.log10(low), math.log10(high) - 6)
        return floor, math.log10(high), LOGARITHMIC
    nth = int(USUAL * (len(every) - 1))
    usual = float(np.partition(every, nth)[nth])
    if usual > low + LEAST_SPAN and high - low > WORTH_CUTTING * (usual - low):
        return low, usual + 0.05 * (usual - low), "higher values cut off"
    return low, max(high, low + max(abs(low), LEAST_SPAN) * 1e-9), ""


def _legend(roles: list[str], scale: str, plain: bool) -> str:
    names = {
        "train_loss": "training loss " + ("." if plain else "⠤⠤"),
        "val_loss": "validation loss o",
    }
    parts = [names[role] for role in roles]
    return "   ".join([*parts, *([f"({scale})"] if scale else [])])


def _framed(
    figure: Any, at: float | None, columns: int, low: float, high: float, logarithmic: bool,
    plain: bool,
) -> list[str]:  # fmt: skip
    """Take the drawing out of the library's frame and label it ourselves, in short numbers."""
    drawn = [line.split("| ", 1)[1] for line in figure.show().splitlines() if "| " in line]
    rows = drawn[: figure.height]
    rule, edge, corner = ("|", "|", "+") if plain else ("┊", "┤", "└")
    column = None if at is None else min(columns - 1, round(at * (columns - 1)))
    out = []
    for index, row in enumerate(rows):
        cells = list(row.replace("⠀", " ").ljust(columns)[:columns])
        if column is not None and cells[column] == " ":
            cells[column] = rule
        level = high - (high - low) * index / max(1, len(rows) - 1)
        label = _label(10**level if logarithmic else level) if index % 3 == 0 else ""
        if index == len(rows) - 1:
            label = _label(10**low if logarithmic else low)
        out.append(f"{label:>{LABEL_WIDTH}} {edge}{''.join(cells)}".rstrip())
    out.append(f"{'':>{LABEL_WIDTH}} {corner}{('-' if plain else '─') * columns}")
    return out


def _label(value: float) -> str:
    """Write a number in at most the width of the axis."""
    text = number(value)
    return text if len(text) <= LABEL_WIDTH else f"{value:.1e}"


def _step_axis(unit: str, first: float, last: float, mark: float | None, columns: int) -> str:
    """Label the first and the last step, and the marked one between them."""
    cells = [" "] * (columns + LABEL_WIDTH + 2)

    def write(text: str, start: int) -> None:
        start = max(0, min(start, len(cells) - len(text)))
        cells[start : start + len(text)] = text

    left, right = number(first), number(last)
    write(left, LABEL_WIDTH + 2)
    write(right, len(cells) - len(right))
    name = unit
    centre = LABEL_WIDTH + 2 + columns // 2
    if mark is not None and last > first:
        name = f"{unit} {number(mark)}"
        centre = LABEL_WIDTH + 2 + round((mark - first) / (last - first) * (columns - 1))
    start = max(
        LABEL_WIDTH + 3 + len(left),
        min(centre - len(name) // 2, len(cells) - len(right) - len(name) - 1),
    )
    write(name, start)
    return "".join(cells).rstrip()
