"""Tables that programs print: a line of column names, and lines of numbers below it."""

from __future__ import annotations

import re
from typing import NamedTuple

from diagnose.readers.columns import EPOCH_AXES, STEP_AXES, VALIDATION, meaning, normalized, words
from diagnose.readers.phrases import Item, Phrase

MAX_COLUMNS = 100
_RULES = re.compile(r"[|│┃║]")
_BARE_PARTS = re.compile(r"\b(?:box|obj|cls|total)\b")
"""YOLOv5's and YOLOv7's names of the parts of the loss."""
_GAP = re.compile(r"\t+|  +")
_EPOCHS = frozenset([*EPOCH_AXES, "e", "itn"])
_STEPS = frozenset([*STEP_AXES, "it"])


class Header(NamedTuple):
    """The names of a printed table's columns."""

    names: tuple[str, ...]


def header_of(line: str) -> Header | None:
    """Return the column names of a line that heads a table with a loss; None of another."""
    line = _BARE_PARTS.sub(r"\g<0>_loss", line) if "gpu_mem" in line else line
    if "loss" not in line.lower() or any(c in line for c in ":={}"):
        return None
    cells = _cells(line)
    if len(cells) < 2 or len(cells) > MAX_COLUMNS or any(not _is_name(cell) for cell in cells):
        return None
    first = normalized(cells[0]) or cells[0]
    if first not in _EPOCHS | _STEPS:
        return None
    if not any(meaning(cell).kind == "loss" for cell in cells):
        return None
    return Header(tuple(cells))


def row_phrase(skeleton: str, header: Header) -> Phrase | None:
    """Say what a row below a header tells; None if the line is not a row of it."""
    if any(c in skeleton for c in "=\\{}") or "\0" not in skeleton:
        return None
    cells = _cells(skeleton)
    if len(cells) < len(header.names):
        cells = skeleton.split()
    if len(cells) < len(header.names) or any(
        not _is_value(cell) for cell in cells[: len(header.names)]
    ):
        return None
    items: list[Item] = []
    at = 0
    for name, cell in zip(header.names, cells, strict=False):
        if cell.startswith("\0"):
            items += _items(name, cell, at)
        at += cell.count("\0")
    return Phrase(tuple(items)) if any(item.is_quantity for item in items) else None


def _items(name: str, cell: str, at: int) -> list[Item]:
    form = normalized(name) or name
    if form in _EPOCHS:
        total = [Item(at + 1, "epochs", "total")] if cell.startswith("\0/\0") else []
        return [Item(at, "epoch", "epoch"), *total]
    if form in _STEPS or name == "#":
        return [Item(at, form if form in _STEPS else "step", "count")]
    told = meaning(name)
    if told.kind == "other":
        return []
    kept = " ".join(word for word in words(name) if word not in VALIDATION | {"train", "training"})
    return [Item(at, kept, told.kind, told.split, cell.endswith("%"))]


def _cells(line: str) -> list[str]:
    """Cut a line at rules, tabs or wide gaps; where there are none, at spaces."""
    spaced = _RULES.sub("  ", line).strip()
    cells = [cell for cell in _GAP.split(spaced) if cell]
    return cells if len(cells) > 1 else spaced.split()


def _is_name(cell: str) -> bool:
    return len(cell) <= 60 and (cell == "#" or cell[0].isalpha())


def _is_value(cell: str) -> bool:
    """Return whether a cell holds a number, or stands for one that is missing."""
    return cell.startswith("\0") or cell.lower() in ("-", "–", "—", "n/a", "none", "no log", "nan")
