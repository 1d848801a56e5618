"""DeepLabCut's `learning_stats.csv`: iteration, loss and learning rate, without a header."""

from __future__ import annotations

import re

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.reader import Reader
from diagnose.readers.source import MAX_LINE, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

_NUMBER = r"[-+]?(?:\d{1,40}(?:\.\d{0,40})?(?:e[-+]?\d{1,4})?|nan|inf)"
_LINE = re.compile(rf"\s*(\d{{1,12}})\s*,\s*({_NUMBER})\s*,\s*({_NUMBER})\s*", re.IGNORECASE)
_FILE = "learning_stats"
MAX_RATE = 1.0


def _recognizes(source: Source) -> float:
    """The file's name alone says what its three columns are."""
    if source.path is None or _FILE not in source.path.name:
        return 0.0
    matches = [_LINE.fullmatch(line) for line in source.head_lines() if line.strip()]
    found = [match for match in matches if match is not None]
    if not found or matches[0] is None or len(found) < 0.8 * len(matches):
        return 0.0
    return 0.9 if all(0 < float(match[3]) <= MAX_RATE for match in found) else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every column is read
    rows: list[tuple[float, float, float]] = []
    left = 0
    try:
        with source.open_text() as stream:
            while line := stream.readline(MAX_LINE):
                match = _LINE.fullmatch(line)
                if match is not None:
                    rows.append((float(match[1]), float(match[2]), float(match[3])))
                elif line.strip():
                    left += 1
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    if not rows:
        raise LogError(f"{source.name}: no line holds an iteration, a loss and a learning rate.")
    block = np.array(rows)
    names = ("iteration", "loss", "lr")
    columns = {name: Column.of(block[:, i]) for i, name in enumerate(names)}
    notes = [f"{counted(left, 'line')} without three numbers left out"] if left else []
    return Table("DeepLabCut", columns, notes)


READER = Reader(
    "deeplabcut",
    _recognizes,
    _read,
    "DeepLabCut's learning_stats.csv without a header: iteration, loss, learning rate",
    "dlc-models/iteration-0/reachingMar30-trainset95shuffle1/train/learning_stats.csv",
)
