"""Tables of text: CSV, TSV and their kin, as any program or person writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column
from diagnose.readers.body import AXES, BLANK, Body, Problems
from diagnose.readers.columns import (
    choose_axis,
    is_line_number,
    meaning,
    normalized,
    words,
)
from diagnose.readers.layout import (
    BLANKS,
    SAMPLE_LINES,
    WIDE_BLANKS,
    Layout,
    find_layout,
    is_dressed,
    is_known,
    is_number_or_blank,
    is_numeric,
    split_line,
    undressed,
)
from diagnose.readers.long_table import find_keys, is_long, is_run, read_long, told_apart
from diagnose.readers.plain_rows import parse_rows
from diagnose.readers.reader import Reader
from diagnose.readers.source import MAX_LINE, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table, listing
from diagnose.run import FloatArray

PIECE = 1 << 19
"""So many bytes are parsed at a time: their numbers stay in a processor's cache."""
ALL_COLUMNS_BYTES = 8 << 20
"""Up to this size every column is read; above it only those that have a role."""
MAX_COLUMNS = 20_000
CUT_DIGITS = 4
"""Digits behind so many change a number by a thousandth at most."""
RUN_WORDS = 2
"""A run or a folder of more words, as `run-train-2024`, is named after more than its data."""

_DECIMAL = re.compile(r"[a-z] \d+\.\d")
_TOLD = re.compile(r"\w[:=] ?[-+]?\.?\d")
"""`loss: 0.52` is no column's name but a line that tells a number."""
_SHORT_EXPONENT = re.compile(r"[eE][+-]?\d?$")
_SUFFIXES = re.compile(r"(\.[a-z]\w{1,4}){1,2}$", re.IGNORECASE)
_ERRORS = re.compile(r"(?<![a-z])(learn|test)_error\.tsv")
_SAMPLE_NAMES = frozenset(
    ["file_path", "filepath", "file", "filename", "file_name", "image", "image_path", "img_path"]
)


def _recognizes(source: Source) -> float:
    if b"\b\b\b" in source.head:
        return 0.0  # a progress bar, drawn anew over itself
    lines = _head_lines(source)
    if "".join(lines[:20]).lstrip("\ufeff \t")[:1] in ("{", "["):
        return 0.0
    if len(lines) == 1 and len(lines[0]) >= MAX_LINE:
        return 0.1
    layout = source.layout = find_layout(lines)
    if layout is None:
        return 0.0
    if not layout.has_header or _are_told(layout.names):
        return 0.3
    return 0.8 if any(map(is_known, layout.names)) or is_long(layout.names) else 0.4


def _are_told(names: Sequence[str]) -> bool:
    """Return whether a header's cells are lines that tell numbers, as `loss: 0.52`."""
    decimals = sum(_DECIMAL.search(name) is not None for name in names)
    return 2 * decimals >= len(names) or any(_TOLD.search(name) for name in names)


def _head_lines(source: Source) -> list[str]:
    lines = source.head_lines()
    return list(map(undressed, lines)) if is_dressed(source.head) else lines


def _read(source: Source, choice: Choice) -> Table:
    lines = _head_lines(source)
    if max(map(len, lines), default=0) >= MAX_LINE:
        raise LogError(f"{source.name}: a line of over {MAX_LINE:,} characters is no table.")
    layout = source.layout or find_layout(lines)
    if layout is None:
        raise LogError(f"{source.name}: no table: no header followed by lines of numbers.")
    if layout.doubt:
        raise LogError(f"{source.name}: {layout.doubt}.")
    body = Body(layout, choice.step)
    names = body.names
    if len(names) > MAX_COLUMNS:
        raise LogError(f"{source.name}: {len(names):,} columns; at most {MAX_COLUMNS:,} are read.")
    first = lines[layout.skip : layout.skip + SAMPLE_LINES]
    every = list(range(len(names)))
    # Where every column parses as numbers there is no text to look for.
    plain = layout.is_plain or _fast("\n".join(first), Body(layout), every) is not None
    sample = [] if plain else [c for _, c in Body(layout).rows(first, 0) if c is not None]
    text = _text_columns(names, sample, layout)
    if (
        choose_axis(names) == (None, None)
        and _is_named_in(_SAMPLE_NAMES, names, text, sample)
        and not choice.roles_given()
    ):
        raise LogError(
            f"{source.name}: no training curve here: is a table of samples, one a row, without"
            " steps."
        )
    keys = find_keys(names, text, sample)
    if keys.metric is None and choice.roles_given():
        keys = keys._replace(runs=())
    if keys.is_long:
        numeric = [name for name in names if name not in text]
        return read_long(_rows(source, body), body, keys, numeric, source.name)
    wanted = _wanted(names, text, choice, source.size)
    if not wanted:
        return Table("CSV", {}, [], text)
    values = _joined(_blocks(source, body, wanted), len(wanted), source.size // PIECE + 2)
    rows = np.arange(values.shape[1])
    if not len(rows):
        raise LogError(f"{source.name}: only a header, no rows: {listing(names)}.")
    body.problems.notes += [
        f"column {name!r} holds text ({cell[:40]!r}) and was left out"
        for name, cell in text.items()
        if (meaning(name).kind == "loss" and not meaning(name).extras) or normalized(name) in AXES
    ]
    columns: dict[str, Column] = {}
    for position, value in zip(wanted, values, strict=True):
        told = value != BLANK
        if told.all():
            columns[names[position]] = Column(rows, value)
        elif told.any():
            columns[names[position]] = Column(rows[told], value[told])
    table = Table(
        "CSV" if layout.delimiter in ",;" else "TSV" if layout.delimiter == "\t" else "table",
        columns,
        body.notes(),
        _text_left((names[i] for i in wanted), text, body.problems, columns),
        tuple(body.problems.breaks),
    )
    _name_by_file(source, table, {normalized(n) for n in names})
    return table if choice.roles_given() else told_apart(table, source.name)


def _text_columns(names: list[str], sample: list[list[str]], layout: Layout) -> dict[str, str]:
    """Return the columns of which most sampled cells hold text, each with such a cell.

    A column that may be a loss or an axis counts only if it holds nothing but text.
    """
    out = {}
    for index, name in enumerate(names):
        cells = [row[index].strip() for row in sample if index < len(row) and row[index].strip()]
        text = [cell for cell in cells if not is_number_or_blank(cell, layout.style(index))]
        most = len(cells) if is_known(name) else len(cells) // 2 + 1
        if text and len(text) >= most:
            out[name] = text[0]
    return out


def _text_left(
    read: Iterable[str], text: dict[str, str], problems: Problems, columns: dict[str, Column]
) -> dict[str, str]:
    """Return the columns that gave no number, each with its text, if it has any."""
    text = dict.fromkeys(read, "") | text
    text |= {name: cells[0][1].strip() for name, cells in problems.text.items()}
    return {name: cell for name, cell in text.items() if name not in columns}


def _is_named_in(
    forms: frozenset[str], names: list[str], text: dict[str, str], sample: list[list[str]]
) -> bool:
    """Return whether each row is another thing: a text column names it, a new name in each row."""
    for index, name in enumerate(names):
        if normalized(name) in forms and name in text:
            cells = [row[index] for row in sample if index < len(row)]
            if len(cells) > 1 and len(set(cells)) > 0.5 * len(cells):
                return True
    return False


def _wanted(names: list[str], text: dict[str, str], choice: Choice, size: int) -> list[int]:
    """Return the positions of the columns to read."""
    named = {normalized(v) for v in (choice.step, *choice.roles_named()) if v}
    out = []
    for index, name in enumerate(names):
        form = normalized(name)
        if form in named:
            out.append(index)
        elif name in text or is_line_number(name):
            continue
        elif size <= ALL_COLUMNS_BYTES or is_known(name) or is_run(name):
            out.append(index)
    return out


def _blocks(source: Source, body: Body, wanted: list[int]) -> Iterator[FloatArray]:
    """Parse the table's body, some lines at a time."""
    row = 0
    for number, text in _pieces(source, body):
        block = _fast(text, body, wanted)
        if block is None:
            block = _slow(text.split("\n"), body, wanted, number, row)
        row += len(block)
        yield block


def _joined(blocks: Iterable[FloatArray], width: int, expected: int) -> FloatArray:
    """Return the columns, one after another, of blocks of rows, of which about so many will come.

    Of a long table, blocks that are kept and joined at its end take twice the memory.
    """
    table = np.empty((width, 0))
    rows = 0
    for block in blocks:
        end = rows + len(block)
        if end > table.shape[1]:
            full = table
            table = np.empty((width, max(2 * rows, len(block) * expected)))
            table[:, :rows] = full[:, :rows]
        table[:, rows:end] = block.T
        rows = end
    return table[:, :rows]


def _rows(source: Source, body: Body) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the number of each row's line and its cells; None where a header stands again."""
    for number, text in _pieces(source, body):
        yield from body.rows(text.split("\n"), number)


def _pieces(source: Source, body: Body) -> Iterator[tuple[int, str]]:
    """Yield the table's body, some lines at a time, each piece behind the number of lines before.

    Of a last line without an end only whole cells are left.
    """
    number = 0
    dressed = is_dressed(source.head)
    try:
        for text in source.pieces(PIECE):
            while number < body.layout.skip and text:
                text = text.partition("\n")[2]
                number += 1
            if dressed:
                text = undressed(text)
            if not text.endswith("\n"):
                *lines, last = text.split("\n")
                if len(last) >= MAX_LINE:
                    raise LogError(
                        f"{source.name}: a line of over {MAX_LINE:,} characters is no table"
                        f" (line {number + len(lines) + 1})."
                    )
                last = _whole_cells([*lines, last], body, number + len(lines) + 1)
                text = "\n".join([*lines, last])
            yield number, text
            number += text.count("\n")
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None


def _whole_cells(lines: Sequence[str], body: Body, number: int) -> str:
    """Blank the last cell of a last line without an end, where it may have been cut off.

    A program that writes rows ends each; a person may not. So the last cell of a whole row stays
    if digits that it may lack would not change it.
    """
    line = lines[-1]
    delimiter = body.layout.delimiter
    cells = split_line(line, delimiter)
    if not cells or not line.strip() or line.endswith('"'):
        return line
    last = cells[-1].strip()
    before = [split_line(other, delimiter) for other in lines[-SAMPLE_LINES:-1] if other.strip()]
    above = [c[len(cells) - 1].strip() for c in before if len(c) >= len(cells)]
    missing = body.width - len(cells)
    if missing <= 0 and (not is_numeric(last) or _is_whole(last, above)):
        return line
    body.problems.notes.append(
        f"the last line (line {number}) has no end and may be cut off;"
        + (f" its last cell {last[:40]!r} was left out" if last else " its other cells were used")
    )
    if delimiter in (BLANKS, WIDE_BLANKS):
        return ""
    kept = line[: len(line.rstrip()) - len(last)] if last else line
    return kept + delimiter * max(missing, 0)


def _is_whole(cell: str, above: Sequence[str]) -> bool:
    """Return whether a number that may be cut off is, as far as those above it tell, what it was.

    It is if it is as long as they, or if further decimals would change it by no more than a
    rounding does.
    """
    if not any(map(str.isdigit, cell)):
        return True  # a NaN or an infinity
    if _SHORT_EXPONENT.search(cell):
        return False
    if not above or len(cell) >= max(map(len, above)):
        return True
    if len(cell) < min(map(len, above)) or any("e" in other.lower() for other in above):
        return False
    digits = sum(map(str.isdigit, cell.lstrip("-+0.,")))
    return ("." in cell or "," in cell) and digits >= CUT_DIGITS


def _fast(text: str, body: Body, wanted: list[int]) -> FloatArray | None:
    """Parse lines of nothing but numbers and blanks; None if there is anything else."""
    layout = body.layout
    places = [place for i in wanted if (place := body.order[i]) is not None]
    if len(places) < len(wanted):
        return None
    return parse_rows(text, layout.delimiter, body.width, places, comma=bool(layout.styles))


def _slow(lines: Sequence[str], body: Body, wanted: list[int], number: int, row: int) -> FloatArray:
    """Parse lines cell by cell, and remember what could not be used."""
    out: list[list[float]] = []
    for at, cells in body.rows(lines, number):
        if cells is None:
            body.problems.breaks.append(row + len(out))
            continue
        values = [body.number(cells[i], i, at) for i in wanted]
        if any(value != BLANK for value in values):
            out.append(values)
    return np.array(out, dtype=np.float64).reshape(-1, len(wanted))


def _name_by_file(source: Source, table: Table, forms: set[str]) -> None:
    """Give a table whose file name tells more (TensorBoard, DVCLive, CatBoost) that role."""
    if source.path is None:
        return
    told = _ERRORS.search(source.path.name) if "iter" in forms else None
    if told is not None:
        from diagnose.readers.catboost import column_name  # noqa: PLC0415 (few tables are)

        for metric in [metric for metric in table.columns if normalized(metric) != "iter"]:
            table.columns[column_name(told[1], metric)] = table.columns.pop(metric)
        return
    if not forms <= {"wall_time", "step", "value", "loss", "timestamp", "epoch", "iteration"}:
        return
    name = next((n for n in table.columns if normalized(n) in ("value", "loss")), None)
    if name is None:
        return
    file = _SUFFIXES.sub("", source.path.name)
    run, is_tagged, tag = file.rpartition("-tag-")
    stem = tag if is_tagged else file
    said = meaning(stem)
    if said.kind not in ("loss", "loss_like", "accuracy", "perplexity"):
        return
    # The run of TensorBoard's download, `run-validation-tag-epoch_loss.csv`, or DVCLive's folder.
    place = run if is_tagged else source.path.parent.name if source.path.suffix == ".tsv" else ""
    if not said.split and meaning(place).split and len(words(place)) <= RUN_WORDS:
        stem = f"{place}/{stem}"
    if said.split or normalized(name) == "value" or stem != file:
        table.columns[stem] = table.columns.pop(name)


READER = Reader(
    "csv",
    _recognizes,
    _read,
    "tables: CSV, TSV, Markdown, aligned columns; Keras CSVLogger, Lightning metrics.csv,"
    " Ultralytics results.csv, fastai, timm, exports of W&B and TensorBoard",
    "epoch,train_loss,val_loss\n0,0.52,0.61\n1,0.47,0.59\n",
)
