"""The picture of a demonstration, in a file: no window, and no state of matplotlib's is touched."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.figure import Figure

from catalog.demos.demo import Outcome

PANEL_INCHES = (4.7, 4.4)
NO_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Leaves out the time that these formats would note."""


def save(outcome: Outcome, title: str, path: Path) -> None:
    """Write the picture, its panels side by side.

    Args:
        outcome: What was performed.
        title: Stands above the panels.
        path: Its suffix names the format: png, svg or pdf.

    Raises:
        OSError: If the file cannot be written.
    """
    width, height = PANEL_INCHES
    count = len(outcome.panels)
    figure = Figure(figsize=(width * count, height), dpi=150, layout="constrained")
    figure.suptitle(title, fontsize=12, fontweight="bold")
    for draw, axes in zip(outcome.panels, figure.subplots(1, count, squeeze=False)[0], strict=True):
        draw(axes)
    form = path.suffix.lower().removeprefix(".")
    drawn = io.BytesIO()
    figure.savefig(drawn, format=form, metadata=NO_DATE.get(form))
    path.write_bytes(drawn.getvalue())
