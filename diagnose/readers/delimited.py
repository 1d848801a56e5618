"""Tables of text: CSV, TSV and their kin, as any program or person writes them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.cells import parse_number
from diagnose.readers.columns import (
    EPOCH_AXES,
    LINE_NUMBERS,
    SPLIT_COLUMNS,
    STEP_AXES,
    TRAINING,
    VALIDATION,
    meaning,
    normalized,
)
from diagnose.readers.reader import Reader
from diagnose.readers.source import READ_ERRORS, Source
from diagnose.readers.table import Choice, Column, Table, listing
from diagnose.run import FloatArray

DELIMITERS = (",", "\t", ";", "|", " ")
CHUNK_LINES = 50_000
SAMPLE_LINES = 30
ALL_COLUMNS_BYTES = 8 << 20
"""Up to this size every column is read; above it only those that have a role."""
MAX_COLUMNS = 20_000
MAX_LINE = 1 << 20
BLANK = -8.1234567891234e300
"""Stands for a blank cell while a chunk is parsed; no log holds it."""

_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(e[+-]?\d+)?", re.IGNORECASE)
_RUN_NAMES = frozenset(
    ["name", "run_name", "run_id", "run", "id", "experiment", "config", "model", "model_name"]
)


@dataclass(slots=True)
class Layout:
    """How a table is written: what stands before its header, and how its cells are separated."""

    skip: int
    names: list[str]
    delimiter: str
    decimal_comma: bool
    has_header: bool


@dataclass(slots=True)
class Problems:
    """Lines and cells that could not be used, for the notes."""

    text: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    short: list[int] = field(default_factory=list)
    breaks: list[int] = field(default_factory=list)


def split_line(line: str, delimiter: str) -> list[str]:
    """Split one line into cells; runs of blanks are one separator where blanks separate."""
    if delimiter == " ":
        return line.split()
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def find_layout(lines: Sequence[str]) -> Layout | None:
    """Find the header of a table, its delimiter, and the sign of its decimals.

    Args:
        lines: The first lines of the file.

    Returns:
        The layout, or None if no line is followed by lines of as many cells with numbers in them.
    """
    for index, line in enumerate(lines[:SAMPLE_LINES]):
        if not line.strip():
            continue
        body = [row for row in lines[index + 1 : index + 1 + SAMPLE_LINES] if row.strip()]
        header = line.lstrip("# ") if line.startswith("#") else line
        for delimiter in DELIMITERS:
            names = [name.strip().strip('"') for name in split_line(header, delimiter)]
            layout = _check_layout(index, names, body, delimiter)
            if layout is not None:
                return layout
    return None


def _check_layout(index: int, names: list[str], body: list[str], delimiter: str) -> Layout | None:
    if len(names) < 2 and not (delimiter == "," and names and meaning(names[0]).kind != "other"):
        return None
    numeric_names = sum(_is_number(n, False) for n in names if n)
    named = sum(bool(re.search(r"[^\W\d]", n)) for n in names)
    if not body:
        known = any(meaning(n).kind != "other" for n in names)
        return Layout(index + 1, names, delimiter, False, True) if known and named else None
    rows = [split_line(row, delimiter) for row in body]
    comma = delimiter not in ", " and any(
        _DECIMAL_COMMA.fullmatch(cell.strip()) for row in rows for cell in row
    )
    fitting = sum(
        abs(len(row) - len(names)) <= 1 and any(_is_number(c, comma) for c in row) for row in rows
    )
    if fitting < max(1, 0.5 * len(rows)):
        return None
    if numeric_names > 0.5 * len(names):
        if delimiter == " " and len(names) < 2:
            return None
        names = [f"column {i + 1}" for i in range(len(names))]
        return Layout(index, names, delimiter, comma, False)
    return Layout(index + 1, names, delimiter, comma, True) if named else None


def _is_number(cell: str, decimal_comma: bool) -> bool:
    try:
        return parse_number(cell, decimal_comma) is not None
    except ValueError:
        return False


def _recognizes(source: Source) -> float:
    if source.head.lstrip()[:1] in (b"{", b"["):
        return 0.0
    layout = find_layout(source.head_lines())
    if layout is None:
        return 0.0
    if not layout.has_header:
        return 0.3
    return 0.8 if any(meaning(name).kind != "other" for name in layout.names) else 0.4


def _read(source: Source, choice: Choice) -> Table:
    lines = source.head_lines()
    if lines and len(lines[0]) >= MAX_LINE:
        raise LogError(f"{source.name}: a line of over {MAX_LINE:,} characters is no table.")
    layout = find_layout(lines)
    if layout is None:
        raise LogError(f"{source.name}: no table: no header followed by lines of numbers.")
    names = _unique(layout.names)
    if len(names) > MAX_COLUMNS:
        raise LogError(f"{source.name}: {len(names):,} columns; at most {MAX_COLUMNS:,} are read.")
    forms = {normalized(n) for n in names}
    sample = [
        split_line(line, layout.delimiter)
        for line in lines[layout.skip : layout.skip + SAMPLE_LINES]
    ]
    text_columns = _text_columns(names, sample, layout)
    if _is_run_table(names, text_columns, sample) and not choice.roles_given():
        raise LogError(
            f"{source.name}: is a table of runs, one a row, not the curve of one run;"
            " export the history of a run."
        )
    split = next((n for n in names if normalized(n) in SPLIT_COLUMNS), None)
    if split in text_columns and split is not None:
        return _read_long(source, layout, names, split)
    wanted = _wanted(names, text_columns, choice, source.size)
    if not wanted:
        return Table("CSV", {}, [], tuple(text_columns))
    problems = Problems()
    chunks = list(_chunks(source, layout, names, wanted, problems))
    if not chunks or not sum(len(chunk) for chunk in chunks):
        raise LogError(f"{source.name}: only a header, no rows: {listing(names)}.")
    block = np.concatenate(chunks) if len(chunks) > 1 else chunks[0]
    columns: dict[str, Column] = {}
    for index, position in enumerate(wanted):
        value = block[:, index]
        logged = value != BLANK
        row = np.flatnonzero(logged)
        if len(row):
            columns[names[position]] = Column(row, value if len(row) == len(value) else value[row])
    table = Table(
        "CSV" if layout.delimiter in ",;" else "TSV" if layout.delimiter == "\t" else "table",
        columns,
        _notes(problems, layout, len(block)),
        tuple(n for n in text_columns if n not in columns),
        tuple(problems.breaks),
    )
    _name_by_file(source, table, forms)
    return table


def _unique(names: Sequence[str]) -> list[str]:
    """Make names distinct: a second `loss` becomes `loss (2)`."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


def _text_columns(names: list[str], sample: list[list[str]], layout: Layout) -> list[str]:
    """Return the columns of which most sampled cells hold text."""
    out = []
    for index, name in enumerate(names):
        text = total = 0
        for row in sample:
            if index < len(row) and row[index].strip():
                total += 1
                try:
                    parse_number(row[index], layout.decimal_comma)
                except ValueError:
                    text += 1
        if text > 0.5 * total:
            out.append(name)
    return out


def _is_run_table(names: list[str], text_columns: list[str], sample: list[list[str]]) -> bool:
    """Return whether each row is another run: a text column names it, a new name in each row."""
    for index, name in enumerate(names):
        if normalized(name) in _RUN_NAMES and name in text_columns:
            cells = [row[index] for row in sample if index < len(row)]
            if len(cells) > 1 and len(set(cells)) > 0.5 * len(cells):
                return True
    return False


def _wanted(names: list[str], text_columns: list[str], choice: Choice, size: int) -> list[int]:
    """Return the positions of the columns to read."""
    named = {normalized(v) for v in (choice.step, *choice.roles_named()) if v}
    axes = {*STEP_AXES, *EPOCH_AXES}
    out = []
    for index, name in enumerate(names):
        form = normalized(name)
        if form in named:
            out.append(index)
        elif name in text_columns or form in LINE_NUMBERS:
            continue
        elif size <= ALL_COLUMNS_BYTES or form in axes or meaning(name).kind != "other":
            out.append(index)
    return out


def _chunks(
    source: Source, layout: Layout, names: list[str], wanted: list[int], problems: Problems
) -> Iterator[FloatArray]:
    """Read the table's body a chunk of lines at a time."""
    row = 0
    number = layout.skip
    try:
        with source.open_text() as stream:
            for _ in range(layout.skip):
                stream.readline()
            while lines := list(itertools.islice(stream, CHUNK_LINES)):
                block = _fast(lines, layout, wanted)
                if block is None:
                    block = _slow(lines, layout, names, wanted, problems, number, row)
                number += len(lines)
                row += len(block)
                yield block
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {error}.") from None


def _fast(lines: list[str], layout: Layout, wanted: list[int]) -> FloatArray | None:
    """Parse lines of nothing but numbers and blanks; None if there is anything else."""
    delimiter = layout.delimiter
    if layout.decimal_comma or not wanted:
        return None
    text = "".join(lines)
    if '"' in text or "_" in text:
        return None
    if delimiter != " " and (
        delimiter * 2 in text
        or f"{delimiter}\n" in text
        or f"\n{delimiter}" in text
        or text.startswith(delimiter)
    ):
        fill = f"{delimiter}{BLANK!r}{delimiter}"
        text = text.replace(delimiter * 2, fill).replace(delimiter * 2, fill)
        text = text.replace(f"{delimiter}\n", f"{delimiter}{BLANK!r}\n")
        text = text.replace(f"\n{delimiter}", f"\n{BLANK!r}{delimiter}")
        if text.startswith(delimiter):
            text = f"{BLANK!r}{text}"
        if text.endswith(delimiter):
            text = f"{text}{BLANK!r}"
    try:
        return np.loadtxt(
            io.StringIO(text),
            delimiter=None if delimiter == " " else delimiter,
            usecols=wanted,
            comments=None,
            ndmin=2,
        )
    except (ValueError, IndexError):
        return None


def _slow(
    lines: list[str],
    layout: Layout,
    names: list[str],
    wanted: list[int],
    problems: Problems,
    number: int,
    row: int,
) -> FloatArray:
    """Parse lines cell by cell, and remember what could not be used."""
    header = [name.strip() for name in layout.names if name.strip()]
    out: list[list[float]] = []
    for offset, line in enumerate(lines):
        if not line.strip():
            continue
        cells = split_line(line.rstrip("\r\n"), layout.delimiter)
        if layout.has_header and _repeats_header(cells, header):
            problems.breaks.append(row + len(out))
            continue
        values = []
        for index in wanted:
            cell = cells[index] if index < len(cells) else ""
            try:
                value = parse_number(cell, layout.decimal_comma)
            except ValueError:
                value = None
                found = problems.text.setdefault(names[index], [])
                found.append((number + offset + 1, cell))
            values.append(BLANK if value is None else value)
        if len(cells) < len(names) - 1:
            problems.short.append(number + offset + 1)
        if any(value != BLANK for value in values):
            out.append(values)
    return np.array(out, dtype=np.float64).reshape(-1, len(wanted))


def _repeats_header(cells: list[str], header: list[str]) -> bool:
    """Return whether a line is the header again, as it stands where a run was appended."""
    same = sum(cell.strip() in header for cell in cells if cell.strip())
    return (same >= 2 and same > 0.5 * len(header)) or (same == 1 and len(header) == 1)


def _notes(problems: Problems, layout: Layout, rows: int) -> list[str]:
    """Say what was left out and what was taken how."""
    notes = []
    if layout.decimal_comma:
        notes.append("decimal commas were read as decimal points")
    if not layout.has_header:
        notes.append("the table has no header; its columns were numbered from 1")
    for name, cells in problems.text.items():
        line, cell = cells[0]
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        notes.append(
            f"column {name!r}: text instead of a number ({cell.strip()[:40]!r} in line {line}{more})"
            " was left out"
        )
    last = rows + layout.skip + len(problems.breaks)
    if problems.short and problems.short[-1] >= last:
        notes.append(f"the last line (line {problems.short[-1]}) is cut off; its cells were used")
    elif problems.short:
        notes.append(f"{len(problems.short)} lines are shorter than the header")
    return notes


def _name_by_file(source: Source, table: Table, forms: set[str]) -> None:
    """Give a one-value table (TensorBoard, DVCLive) the role that its file name tells."""
    if not forms <= {"wall_time", "step", "value", "loss", "timestamp"} or source.path is None:
        return
    name = next((n for n in table.columns if normalized(n) in ("value", "loss")), None)
    if name is None:
        return
    stem = source.path.name.rsplit("-tag-", 1)[-1].split(".")[0]
    told = meaning(stem)
    if told.kind in ("loss", "loss_like", "accuracy", "perplexity") and (
        told.split or normalized(name) == "value"
    ):
        table.columns[stem] = table.columns.pop(name)


def _read_long(source: Source, layout: Layout, names: list[str], split: str) -> Table:
    """Read a long table, where a column says which part of the data a row was measured on."""
    try:
        with source.open_text() as stream:
            for _ in range(layout.skip):
                stream.readline()
            rows = [
                split_line(line.rstrip("\r\n"), layout.delimiter) for line in stream if line.strip()
            ]
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {error}.") from None
    at = names.index(split)
    columns: dict[str, tuple[list[int], list[float]]] = {}
    for number, cells in enumerate(rows):
        part = cells[at].strip().lower() if at < len(cells) else ""
        for name, cell in zip(names, cells, strict=False):
            if name == split:
                continue
            try:
                value = parse_number(cell, layout.decimal_comma)
            except ValueError:
                continue
            if value is None:
                continue
            axis = normalized(name) in {*STEP_AXES, *EPOCH_AXES}
            told = part in VALIDATION or part in TRAINING
            key = name if axis or not told else f"{part}_{name}"
            at_rows, values = columns.setdefault(key, ([], []))
            at_rows.append(number)
            values.append(value)
    made = {
        name: Column(np.array(at_rows), np.array(values))
        for name, (at_rows, values) in columns.items()
    }
    return Table("CSV", made, [f"rows were told apart by column {split!r}"])


READER = Reader("csv", _recognizes, _read)
