"""The lines of a table below its header: split into cells, with what could not be used."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from diagnose.readers.cells import parse_number
from diagnose.readers.columns import EPOCH_AXES, STEP_AXES, normalized
from diagnose.readers.layout import (
    BLANKS,
    WIDE_BLANKS,
    Layout,
    header_names,
    is_drawn,
    is_number_or_blank,
    is_numeric,
    split_line,
)
from diagnose.readers.table import listing

MAX_QUOTED_LINES = 20
"""A quoted cell that does not end within this many lines was never meant to span lines."""
BLANK = -8.1234567891234e300
"""Stands for a blank cell while a chunk is parsed; no log holds it."""
AXES = frozenset([*STEP_AXES, *EPOCH_AXES])


@dataclass(slots=True)
class Problems:
    """Lines and cells that could not be used, for the notes."""

    text: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    short: list[int] = field(default_factory=list)
    long: list[int] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)
    later: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Body:
    """The lines below a header: splits them, and remembers what could not be used."""

    def __init__(self, layout: Layout, step: str | None = None) -> None:
        self.layout = layout
        self.axes = AXES | ({normalized(step)} if step else set())
        self.names = unique(layout.names)
        self.problems = Problems()
        # For each name the index of its cell, or None once a later header lacks it.
        self.order: list[int | None] = list(range(len(self.names)))
        self.width = len(self.names)
        doubled = [n for n, given in zip(self.names, layout.names, strict=True) if given != n]
        if any(layout.names[self.names.index(n)] for n in doubled):
            self.problems.notes.append(
                f"several columns bear the same name; the later ones were called {listing(doubled)}"
            )

    def rows(self, lines: Sequence[str], number: int) -> Iterator[tuple[int, list[str] | None]]:
        """Yield each row's line number and its cells in the order of the names.

        Args:
            lines: Some lines of the body.
            number: How many lines stand before them.

        Yields:
            The number and the cells; None for the cells where a header stands again.
        """
        layout = self.layout
        for at, line in _logical_lines(lines, layout.delimiter):
            if not line.strip() or is_drawn(line):
                continue
            cells = split_line(line, layout.delimiter)
            begins = is_number_or_blank(cells[0], layout.style(0)) if cells else True
            if layout.has_header and (not begins or cells[0].strip() in layout.names):
                if self._is_header(line, number + at + 1):
                    yield number + at + 1, None
                    continue
                if line.lstrip().startswith("#"):
                    continue
            if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
                self.problems.long.append(number + at + 1)
                continue
            if len(cells) < self.width:
                if layout.delimiter in (BLANKS, WIDE_BLANKS):
                    # No telling which cell is missing.
                    self.problems.long.append(number + at + 1)
                    continue
                self.problems.short.append(number + at + 1)
            yield (
                number + at + 1,
                [cells[i] if i is not None and i < len(cells) else "" for i in self.order],
            )

    def number(self, cell: str, index: int, at: int) -> float:
        """Read a cell; text is remembered, and makes a step unknown instead of blank."""
        try:
            value = parse_number(cell, self.layout.style(index))
        except ValueError:
            name = self.names[index]
            self.problems.text.setdefault(name, []).append((at, cell))
            return float("nan") if normalized(name) in self.axes else BLANK
        return BLANK if value is None else value

    def _is_header(self, line: str, number: int) -> bool:
        """Return whether a line is a header again, as where a run was appended; heed its order."""
        names = header_names(line, self.layout.delimiter)
        if self.layout.row_names:
            names = ["", *names]
        if names == self.layout.names[: len(names)] and not any(self.layout.names[len(names) :]):
            names = self.layout.names
        given = [name for name in names if name]
        same = sum(name in self.layout.names for name in given)
        if same < min(2, len([n for n in self.layout.names if n])) or same < 0.5 * len(given):
            return False
        if any(is_numeric(name) for name in given) and names != self.layout.names:
            return False
        distinct = unique(names)
        order = [distinct.index(name) if name in distinct else None for name in self.names]
        for name in distinct:
            if name and name not in self.names:
                self.problems.later.setdefault(name, number)
        self.order, self.width = order, len(names)
        return True

    def notes(self) -> list[str]:
        """Say what was left out and what was taken how."""
        layout, problems = self.layout, self.problems
        notes = list(dict.fromkeys(problems.notes))
        if any("," in style for style in layout.styles.values()):
            notes.append("decimal commas were read as decimal points")
        # A row may be wider than the header.
        styled = [(i, style) for i, style in layout.styles.items() if i < len(self.names)]
        percents = [self.names[i] for i, style in styled if "%" in style]
        if percents:
            notes.append(f"{listing(percents)}: percent signs, divided by 100")
        if not layout.has_header:
            notes.append("the table has no header; its columns were numbered from 1")
        for name, cells in problems.text.items():
            line, cell = cells[0]
            more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
            notes.append(
                f"column {name!r}: text instead of a number ({cell.strip()[:40]!r} in line {line}"
                f"{more}) was left out"
            )
        if problems.later:
            first = min(problems.later.values())
            notes.append(
                f"{listing(list(problems.later))}: named only by a later header (line {first}) and"
                " left out"
            )
        if problems.long:
            blanks = layout.delimiter in (BLANKS, WIDE_BLANKS)
            what = "cells do not match" if blanks else "cells are more than"
            notes.append(
                f"{_lines(problems.long)} whose {what} the header's {self.width} were left out"
            )
        if problems.short:
            notes.append(
                f"{_lines(problems.short)} with fewer cells than the header; they were taken from"
                " the left"
            )
        return notes


def _lines(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"1 line (line {numbers[0]})"
    return f"{len(numbers)} lines (the first is line {numbers[0]})"


def _logical_lines(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, str]]:
    """Yield each line and its index; lines that one quoted cell spans are joined."""
    index = 0
    while index < len(lines):
        start = index
        line = lines[index].rstrip("\r\n")
        index += 1
        if '"' in line and delimiter not in (BLANKS, WIDE_BLANKS):
            longer, end = line, index
            while _is_open(longer, delimiter) and end < min(start + MAX_QUOTED_LINES, len(lines)):
                longer += " " + lines[end].rstrip("\r\n")
                end += 1
            if end > index and not _is_open(longer, delimiter):
                line, index = longer, end
        yield start, line


def _is_open(line: str, delimiter: str) -> bool:
    """Return whether a quoted cell goes on in the next line."""
    reader = csv.reader([f"{line}\n", "\n"], delimiter=delimiter, skipinitialspace=True)
    try:
        next(reader, None)
    except csv.Error:
        return False
    return reader.line_num > 1


def unique(names: Sequence[str]) -> list[str]:
    """Make names distinct: a second `loss` becomes `loss (2)`."""
    out: list[str] = []
    taken = set(names)
    seen: set[str] = set()
    for index, name in enumerate(names):
        made = name
        number = 1
        while made in seen or (made in taken and number > 1):
            number += 1
            made = f"{name} ({number})" if name else f"column {index + 1}" + "'" * (number - 2)
        seen.add(made)
        out.append(made)
    return out
