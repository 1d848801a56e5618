"""How a table of text is laid out: its header, its delimiter, its sign of the decimals."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from diagnose.readers.cells import parse_number
from diagnose.readers.columns import EPOCH_AXES, STEP_AXES, meaning, normalized

BLANKS, WIDE_BLANKS = " ", "  "
DELIMITERS = (",", "\t", ";", "|", BLANKS, WIDE_BLANKS)
"""Blanks stand for any run of blanks, wide blanks for any of two or more."""
SAMPLE_LINES = 30
BODY_LINES = 8
"""So many lines below a header tell whether it is one."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_BARS = "│┃║"
_AS_BAR = str.maketrans(dict.fromkeys(_BARS, "|"))
_BOX = re.compile(r"[\u2500-\u257f|+]")
_SPACY = ("E", "#")
"""How spaCy calls the epoch and the step."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_OTHER_DELIMITER = re.compile(r"\d\s*[;|\t]\s*[-+.\d]")


@dataclass(slots=True)
class Layout:
    """How a table is written: what stands before its header, and how its cells are separated.

    Attributes:
        skip: How many lines stand before its first row.
        names: The columns, in the order of the cells; an unnamed column of row names is `""`.
        delimiter: What separates the cells.
        styles: How the numbers of a column are written, by its index; see `parse_number`.
        has_header: Whether the names were read from the table.
        row_names: Whether each row begins with a cell that the header has no name for.
        doubt: Why the cells cannot be told apart, if they cannot.
        is_plain: Whether each cell of the first rows is a number as Python writes it.
    """

    skip: int
    names: list[str]
    delimiter: str
    styles: dict[int, str] = field(default_factory=dict)
    has_header: bool = True
    row_names: bool = False
    doubt: str = ""
    is_plain: bool = False

    def style(self, index: int) -> str:
        """Return how the numbers of a column are written."""
        return self.styles.get(index, "")


def is_drawn(line: str) -> bool:
    """Return whether a line only draws: `|---|:---|` under a header, `=====` between runs."""
    if "--" in line or "==" in line:
        return not line.strip(" \t|+:=-─\r\n")
    return ("──" in line or "━━" in line or "══" in line) and not _BOX.sub("", line).strip()


def is_dressed(head: bytes) -> bool:
    """Return whether a log's beginning holds colours of a terminal or lines that draw a box."""
    return b"\x1b[" in head or any(sign.encode() in head for sign in _BARS)


def undressed(line: str) -> str:
    """Return a line without colours, and with `|` for the lines of a box."""
    return _COLOURS.sub("", line).translate(_AS_BAR)


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one line into cells; runs of blanks are one separator where blanks separate."""
    if delimiter == BLANKS:
        return line.split()
    if delimiter == WIDE_BLANKS:
        return re.split(r"[ \t]{2,}", line.strip()) if line.strip() else []
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def header_names(line: str, delimiter: str) -> list[str]:
    """Split a header into names, without the comment sign before it and blanks behind it."""
    bare = line.lstrip("# ") if line.startswith("#") else line
    quotes = (
        '"' if delimiter in (BLANKS, WIDE_BLANKS) else ""
    )  # elsewhere they were taken off with the cells
    names = [name.strip(f"{quotes}\ufeff \t") for name in split_line(bare, delimiter)]
    while names and not names[-1]:
        names.pop()
    return names


def find_layout(lines: Sequence[str]) -> Layout | None:
    """Find the header of a table, its delimiter, and the sign of its decimals.

    Args:
        lines: The first lines of the file.

    Returns:
        The layout, or None if no line is followed by lines of as many cells with numbers in them.
    """
    found: Layout | None = None
    for index, line in enumerate(lines[:SAMPLE_LINES]):
        if not line.strip() or is_drawn(line):
            continue
        if found is not None and any(map(is_numeric, split_line(line, found.delimiter))):
            break
        layout = _layout_at(index, lines)
        if layout is None or (found is not None and not layout.has_header):
            continue
        if not layout.has_header:
            return layout
        # A title or a comment may look like a header; the one below it with more names we know,
        # or as many and no comment sign, is the header.
        if found is None or _known(layout) + (lines[found.skip - 1][:1] == "#") > _known(found):
            found = layout
    if found is not None and found.has_header:
        _join_second_header(found, lines)
        if found.names[: len(_SPACY)] == list(_SPACY):
            found.names[: len(_SPACY)] = ["epoch", "step"]
    return found


def _join_second_header(layout: Layout, lines: Sequence[str]) -> None:
    """Join two lines of names, `loss, loss` above `train, val`, as pandas and Excel write them."""
    at = next((i for i in range(layout.skip, len(lines)) if lines[i].strip()), None)
    if at is None:
        return
    cells = [cell.strip() for cell in split_line(lines[at], layout.delimiter)]
    told = [cell for cell in cells if cell]
    if sum(bool(meaning(cell).split) for cell in told) < 2:
        return
    if any(map(is_numeric, told)) or any(cell in layout.names for cell in told):
        return
    cells += [""] * (len(layout.names) - len(cells))
    layout.names += [""] * (len(cells) - len(layout.names))
    above = ""
    for index, (name, cell) in enumerate(zip(layout.names, cells, strict=True)):
        above = name or above  # Excel writes the name of joined cells once
        layout.names[index] = f"{cell} {above}" if cell else name
    layout.skip = at + 1


def _layout_at(index: int, lines: Sequence[str]) -> Layout | None:
    body = [
        row
        for row in lines[index + 1 : index + 1 + BODY_LINES]
        if row.strip() and not row.startswith("#") and not is_drawn(row)
    ]
    doubtful = None
    for delimiter in DELIMITERS:
        names = header_names(lines[index], delimiter)
        if len(names) < 2 and not (
            delimiter == "," and names and is_known(names[0]) and not set("[]{}:=") & set(names[0])
        ):
            continue
        if body:
            width = len(split_line(lines[index], delimiter))
            layout = _check(index, names, body, delimiter, width)
        elif any(line.strip() for line in lines[:index]) or not any(is_known(n) for n in names):
            layout = None
        else:
            layout = Layout(index + 1, names, delimiter)
        if layout is not None and not layout.doubt:
            return layout
        doubtful = doubtful or layout
    return doubtful


def _check(
    index: int, names: list[str], body: list[str], delimiter: str, width: int
) -> Layout | None:
    """Return the layout if the line at `index` is a header, or a first row, of the lines below.

    Args:
        index: The line's number.
        names: Its cells, without blank ones at the end.
        body: The lines below it.
        delimiter: What separates the cells.
        width: How many cells it has, with blank ones at the end.
    """
    known = sum(is_known(n) for n in names)
    numeric = sum(is_numeric(n) for n in names if n)
    has_header = known or numeric <= 0.5 * len(names)
    if has_header and not any(re.search(r"[^\W\d]", n) for n in names):
        return None
    blanks = delimiter in (BLANKS, WIDE_BLANKS)
    enough_known = known > (delimiter == WIDE_BLANKS)
    if blanks and has_header and (not enough_known or numeric or _is_prose(names)):
        return None
    rows = [_without_last_blanks(split_line(row, delimiter), len(names)) for row in body]
    if known > 1 and width == len(names) and _are_plain(rows, width):
        return Layout(index + 1, names, delimiter, is_plain=True)
    if known > 1:
        rows = _first_rows(rows)
    torn = sum(bool(_OTHER_DELIMITER.search(cell)) for row in rows for cell in row)
    if not rows or torn >= 0.5 * sum(len(row) for row in rows):
        return None  # the header and its rows are separated by different signs
    # A blank name at the end is a name if there are numbers below it.
    names = names + [""] * (min(width, max(map(len, rows))) - len(names))
    styles = _styles(rows)
    enough = max(1, 0.5 * len(rows))
    rows = [row for row in rows if any(map(is_numeric, row))]
    tolerance = 0 if blanks or len(names) == 1 else len(names) - 2 if known > 1 else 1
    fitting = sum(0 <= len(names) - len(row) <= tolerance for row in rows)
    if not has_header:
        names = [f"column {i + 1}" for i in range(len(names))]
        layout = Layout(index, names, delimiter, styles, has_header=False)
        return layout if fitting >= enough else None
    layout = Layout(index + 1, names, delimiter, styles)
    if fitting >= enough:
        return layout
    longer = [row for row in rows if len(row) > len(names)]
    if len(longer) < enough or not known:
        return None
    if max(map(len, rows)) == len(names) + 1 and (
        blanks
        or delimiter == "\t"
        or any(_DECIMAL_POINT.fullmatch(c.strip()) for row in rows for c in row)
    ):
        # As pandas and R print a table: nothing stands above the rows' names.
        layout.names = ["", *names]
        layout.row_names = True
        return layout
    if delimiter == "," and all(is_number_or_blank(c) for row in longer for c in row):
        layout.doubt = (
            f"its rows have more cells than its header's {len(names)}; if commas separate the"
            " decimals too, separate the cells by semicolons"
        )
        return layout
    return None


def _are_plain(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Return whether every row has all cells, and each is a number as Python writes it."""
    if not rows or any(len(row) != width for row in rows):
        return False
    try:
        for row in rows:
            list(map(float, row))
    except ValueError:
        return False
    return True


def _is_prose(names: Sequence[str]) -> bool:
    """Return whether words are those of a message, as in `loss: 0.5, lr: 0.1`."""
    return any(name.endswith((":", ",", "=")) or name == "|" for name in names)


def _first_rows(rows: Sequence[list[str]]) -> list[list[str]]:
    """Take the rows up to the next line without a number, which may be another header."""
    out: list[list[str]] = []
    for cells in rows:
        if any(re.search(r"\d|nan|inf", cell, re.IGNORECASE) for cell in cells):
            out.append(cells)
        elif out:
            break
    return out


def _known(layout: Layout) -> int:
    return sum(is_known(name) for name in layout.names)


def is_known(name: str) -> bool:
    """Return whether a name is that of a quantity or of a step axis."""
    return meaning(name).kind != "other" or normalized(name) in {*STEP_AXES, *EPOCH_AXES}


def is_numeric(cell: str) -> bool:
    """Return whether a cell holds a number in any style."""
    return any(is_number(cell, style) for style in ("", ",", "%", ",%"))


def is_number(cell: str, style: str = "") -> bool:
    """Return whether a cell holds a number."""
    try:
        return parse_number(cell, style) is not None
    except ValueError:
        return False


def is_number_or_blank(cell: str, style: str = "") -> bool:
    """Return whether a cell holds a number or nothing."""
    try:
        parse_number(cell, style)
    except ValueError:
        return False
    return True


def _without_last_blanks(cells: list[str], width: int) -> list[str]:
    """Drop blank cells beyond the header's width, as delimiters at the end of each line give."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return cells


def _styles(rows: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return in which columns commas separate decimals, and in which all numbers are percents."""
    if not any("," in cell or "%" in cell for row in rows for cell in row):
        return {}
    width = max(map(len, rows))
    columns = [[row[i].strip() for row in rows if i < len(row)] for i in range(width)]
    percents = {
        index
        for index, cells in enumerate(columns)
        if any(cell.endswith("%") for cell in cells)
        and all(cell.endswith("%") for cell in cells if re.search(r"\d", cell) and is_numeric(cell))
    }
    columns = [[cell.rstrip("% ") for cell in cells] for cells in columns]
    points = [sum(_is_point(cell) for cell in cells) for cells in columns]
    commas, silent = set(), set()
    for index, cells in enumerate(columns):
        found = [cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell)]
        # `1,234` alone groups thousands where another column has decimal points.
        sure = any(not _GROUPED.fullmatch(cell) for cell in found)
        if found and len(found) >= points[index] and (sure or not any(points)):
            commas.add(index)
        elif not points[index]:
            silent.add(index)
    if commas:
        # A column without decimals so far is written like the others.
        commas |= silent
    styles = {i: "," * (i in commas) + "%" * (i in percents) for i in range(width)}
    return {index: style for index, style in styles.items() if style}


def _is_point(cell: str) -> bool:
    """Return whether a point separates the decimals of a number; `1.234` may be thousands."""
    return bool(_DECIMAL_POINT.fullmatch(cell)) and not _GROUPED.fullmatch(cell.replace(".", ","))
