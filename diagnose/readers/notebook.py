"""Jupyter notebooks: what their cells printed, and the tables that fastai and the Trainer drew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from diagnose.errors import LogError
from diagnose.readers.lines import clean_text
from diagnose.readers.reader import Reader
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, Table
from diagnose.readers.text import table_of

FEW = 5
"""A cell with fewer points is not judged where another has more."""
MAX_CELLS = 2000


def _recognizes(source: Source) -> float:
    head = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"{") or b'"cell_type"' not in head:
        return 0.0
    return 0.95 if b'"cells"' in head or b'"nbformat"' in head else 0.0


def _read(source: Source, choice: Choice) -> Table:
    try:
        notebook = json.loads(source.text())
    except (ValueError, RecursionError):
        raise LogError(
            f"{source.name}: is no whole notebook; its JSON is cut off or damaged."
        ) from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    told: list[tuple[int, Table]] = []
    for number, cell in enumerate(cells[:MAX_CELLS] if isinstance(cells, list) else [], start=1):
        text = "\n".join(_outputs(cell))
        if not text:
            continue
        try:
            told.append((number, table_of([clean_text(text)], source.name, choice)))
        except LogError as error:
            if "play against each other" in str(error):
                raise
    if not told:
        raise LogError(
            f"{source.name}: no training curve here: no cell's output tells a loss more than once."
        )
    number, table = max(told, key=lambda pair: (min(_points(pair[1]), FEW), pair[0]))
    notes = [f"what cell {number} put out", *table.notes]
    if len(told) > 1:
        others = ", ".join(str(n) for n, _ in told if n != number)
        notes[0] += f"; the losses that cell {others} put out are another run's and were left out"
    return Table("notebook", table.columns, notes)


def _points(table: Table) -> int:
    return max(len(column.row) for column in table.columns.values())


def _outputs(cell: Any) -> Iterator[str]:
    """Yield the texts that a cell put out, and its tables as lines with tabs."""
    outputs = cell.get("outputs") if isinstance(cell, dict) else None
    for output in outputs if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        yield _joined(output.get("text"))
        data = output.get("data")
        if not isinstance(data, dict):
            continue
        html = _joined(data.get("text/html"))
        if "<t" in html and "loss" in html.lower():
            yield _table_text(html)
        elif not html:
            yield _joined(data.get("text/plain"))


def _joined(text: object) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


class _Rows(HTMLParser):
    """Collects the rows of the tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        self._is_cell = tag in ("td", "th") or (self._is_cell and tag not in ("tr", "table"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._is_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_cell and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data.strip()


def _table_text(html: str) -> str:
    rows = _Rows()
    rows.feed(html)
    return "\n".join("\t".join(cell or "-" for cell in row) for row in rows.rows)


READER = Reader(
    "notebook",
    _recognizes,
    _read,
    "Jupyter notebooks: what a cell printed, and the tables of fastai and the Trainer",
    json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "outputs": [
                        {
                            "output_type": "stream",
                            "text": ["Epoch 1: loss: 0.52\n", "Epoch 2: loss: 0.47\n"],
                        }
                    ],
                }
            ],
            "nbformat": 4,
        }
    ),
)
