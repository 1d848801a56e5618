"""The curves as text."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.render.plot import draw
from diagnose.run import Run, Series


def run_of(train=None, val=None) -> Run:
    """Make a run of arrays with steps from 1."""
    series = {
        role: Series(role, np.arange(1.0, len(values) + 1), np.asarray(values, float))
        for role, values in (("train_loss", train), ("val_loss", val))
        if values is not None
    }
    return Run("x", "CSV", "epoch", series)


def height_of(lines: list[str], column: int, marker: str) -> int:
    """Return the row of a marker in a column of the drawing."""
    body = [line for line in lines if "┤" in line]
    return next(i for i, row in enumerate(body) if row[column : column + 2].count(marker))


def test_circles_stand_where_the_validation_loss_is():
    """A rising validation loss rises in the drawing, from left below to right above."""
    lines = draw(run_of(val=np.linspace(1, 2, 30)), None, 60)
    body = [line for line in lines if "┤" in line]
    first = min(i for i, row in enumerate(body) if "o" in row[11:14])
    last = min(i for i, row in enumerate(body) if "o" in row[-3:])
    assert first > last


def test_the_axis_names_first_marked_and_last_step():
    """The reader can find the decisive step in the log."""
    lines = draw(run_of(np.linspace(2, 1, 90)), 42, 80)
    assert lines[-1].split() == ["1", "epoch", "42", "90"]
    columns = {row.index("┊") for row in lines if "┊" in row}
    assert len(columns) == 1
    share = (columns.pop() - 11) / 68
    assert share == pytest.approx(41 / 89, abs=0.03)


def test_the_vertical_axis_spans_the_losses():
    """Top and bottom labels are the largest and the smallest loss."""
    lines = draw(run_of(np.linspace(3.5, 1.25, 50)), None, 70)
    body = [line for line in lines if "┤" in line]
    assert body[0].split()[0] == "3.5"
    assert body[-1].split()[0] == "1.25"


def test_wide_spans_are_logarithmic_and_say_so():
    """A loss that falls by four decades is drawn on a logarithmic axis."""
    assert "logarithmic" in draw(run_of(np.geomspace(1, 1e-4, 50)), None, 70)[0]
    assert "logarithmic" not in draw(run_of(np.linspace(2, -1, 50)), None, 70)[0]


@pytest.mark.parametrize("values", [[1.0], [float("nan")] * 5, [float("inf"), 1.0]])
def test_nothing_to_draw_draws_nothing(values):
    """A curve needs two finite points."""
    assert draw(run_of(values), None, 70) == []


def test_an_outlier_does_not_flatten_the_rest():
    """One huge first loss is cut off at the top."""
    values = np.concatenate([[1e5], np.linspace(-2, -3, 99)])
    body = [line for line in draw(run_of(values), None, 70) if "┤" in line]
    assert float(body[0].split()[0]) < 100
