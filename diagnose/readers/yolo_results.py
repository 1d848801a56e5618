"""Ultralytics' `results.txt`: a line without a header for each epoch.

Epoch and the last one, memory, box, objectness and class losses, their total, targets, image size,
precision, recall, two mean precisions, and the validation's losses; YOLOv5 up to 5.0, YOLOv7 and
their kin.
"""

from __future__ import annotations

import re

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.cells import parse_number
from diagnose.readers.reader import Reader
from diagnose.readers.source import MAX_LINE, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

_LINE = re.compile(r"\s*(\d{1,9})/(\d{1,9})\s+[\d.]{1,12}G\s(.*)", re.DOTALL)
_PARTS = ("box", "obj", "cls")
_METRICS = ("precision", "recall", "mAP_0.5", "mAP_0.5:0.95")
_NAMES = (
    *(f"train/{part}_loss" for part in _PARTS),
    "train/total_loss",
    "targets",
    "img_size",
    *(f"metrics/{name}" for name in _METRICS),
    *(f"val/{part}_loss" for part in _PARTS),
)
ROUNDED = 0.01
"""Each number has four digits; a total that differs by more than this share is none."""


def _values(line: str) -> list[float] | None:
    """Return a line's epoch and numbers; None if it is none of these lines."""
    match = _LINE.fullmatch(line)
    cells = match[3].split() if match else []
    if match is None or len(cells) != len(_NAMES):
        return None
    try:
        numbers = [parse_number(cell) for cell in cells]
    except ValueError:
        return None
    if any(number is None for number in numbers):
        return None
    values = [number for number in numbers if number is not None]
    total = sum(values[:3])
    if abs(total - values[3]) > ROUNDED * abs(total) + 1e-9:
        return None
    return [float(match[1]), *values]


def _recognizes(source: Source) -> float:
    lines = [line for line in source.head_lines() if line.strip()]
    told = sum(_values(line) is not None for line in lines)
    return 0.95 if told and told >= 0.8 * len(lines) else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every number is read
    rows: list[list[float]] = []
    left = []
    try:
        with source.open_text() as stream:
            number = 0
            while line := stream.readline(MAX_LINE):
                number += 1
                values = _values(line)
                if values is not None:
                    rows.append(values)
                elif line.strip():
                    left.append(number)
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    if not rows:
        raise LogError(f"{source.name}: no training curve here: no line has the numbers of one.")
    notes = []
    if left:
        notes.append(
            f"{counted(len(left), 'line')} without all numbers left out, the first is line"
            f" {left[0]}"
        )
    block = np.array(rows)
    columns = {"epoch": Column.of(block[:, 0])}
    columns |= {name: Column.of(block[:, 1 + i]) for i, name in enumerate(_NAMES)}
    return Table("Ultralytics results.txt", columns, notes)


READER = Reader(
    "yolo_results",
    _recognizes,
    _read,
    "Ultralytics' results.txt of YOLOv5 and YOLOv7, without a header",
    "  0/299  9.76G  0.0906  0.0112  0  0.1018  9  640  0.1  0.2  0.3  0.1  0.122  0.008  0\n"
    "  1/299  10.9G  0.0660  0.0056  0  0.0716  8  640  0.1  0.2  0.3  0.1  0.110  0.008  0\n",
)
