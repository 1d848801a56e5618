"""One metric of MLflow's file store: a line for each value, `time value step`, without a header.

The file is called after the metric, in `mlruns/<experiment>/<run>/metrics/`; a slash in its name
makes a folder. Old versions wrote no step.
"""

from __future__ import annotations

import math
import re

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.reader import Reader
from diagnose.readers.source import MAX_LINE, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

_LINE = re.compile(
    r"\s*(\d{10}|\d{13})[ \t]+([-+]?[\d.]{1,40}(?:e[-+]?\d{1,4})?|[-+]?(?:nan|inf(?:inity)?))"
    r"(?:[ \t]+(-?\d{1,18}))?\s*",
    re.IGNORECASE,
)


def _point(line: str) -> tuple[float, float] | None:
    """Return step and value of a line, NaN for a step that it lacks; None if it is no such line."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    try:
        return (float(match[3]) if match[3] else math.nan), float(match[2])
    except ValueError:
        return None


def _recognizes(source: Source) -> float:
    lines = [line for line in source.head_lines() if line.strip()]
    told = sum(_point(line) is not None for line in lines)
    return 0.9 if told and told >= 0.9 * len(lines) else 0.0


def _name(source: Source) -> str:
    """Return the metric's name: the path below `metrics`."""
    if source.path is None:
        return "value"
    parts = source.path.parts
    at = max((i for i, part in enumerate(parts[:-1]) if part == "metrics"), default=len(parts) - 2)
    return "/".join(parts[at + 1 :]).encode("utf-8", "backslashreplace").decode()


def _read(source: Source, choice: Choice) -> Table:
    del choice  # there is one metric
    points: list[tuple[float, float]] = []
    left = 0
    try:
        with source.open_text() as stream:
            while line := stream.readline(MAX_LINE):
                point = _point(line)
                if point is not None:
                    points.append(point)
                elif line.strip():
                    left += 1
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    if not points:
        raise LogError(f"{source.name}: no line holds a time, a value and a step.")
    name = _name(source)
    step = np.array([step for step, _ in points])
    columns = {name if name != "step" else "step (metric)": Column.of([v for _, v in points])}
    if np.isfinite(step).any():
        columns = {"step": Column.of(step), **columns}
    notes = [f"{counted(left, 'line')} without a value left out"] if left else []
    return Table("MLflow metric", columns, notes)


READER = Reader(
    "mlflow",
    _recognizes,
    _read,
    "a metric of MLflow's file store, called after the metric",
    "mlruns/0/cb0096518b0e4c66a94428555f05420b/metrics/loss",
)
