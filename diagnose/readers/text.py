"""Running text: the lines that a training script prints, in the words of whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.curves import reduced
from diagnose.readers.judgeable import judgeable, stands_still
from diagnose.readers.lines import (
    MAX_CHARACTERS,
    MAX_TOLD,
    MAX_WORDINGS,
    Scan,
    clean_blocks,
    scan,
)
from diagnose.readers.numbered_runs import numbered_runs
from diagnose.readers.numerals import wording
from diagnose.readers.phrases import LOSSES, understand
from diagnose.readers.printed_table import header_of
from diagnose.readers.reader import Reader
from diagnose.readers.records import columns_of
from diagnose.readers.source import Source
from diagnose.readers.standing import Log
from diagnose.readers.table import Choice, Table, listing

MIN_UNPLACED = 5
"""Of fewer losses without a step or an epoch, as prose tells them, nobody knows the order."""
MIN_POINTS = 2
"""A quantity that is told fewer times is a setting or a summary, not a curve."""


def _recognizes(source: Source) -> float:
    """Any text may be a log, and tell its first loss far below its head."""
    for line in source.head_lines():
        line = line[:MAX_CHARACTERS]
        if understand(wording(line)).has_quantity or header_of(line):
            return 0.42
    return 0.05


def _read(source: Source, choice: Choice) -> Table:
    return table_of(clean_blocks(source), source.name, choice)


def table_of(blocks: Iterable[list[str]], name: str, choice: Choice) -> Table:
    """Read printed lines.

    Args:
        blocks: The lines, many at a time.
        name: The log's name, for messages.
        choice: Columns that the user named.

    Raises:
        LogError: If they tell no curve.
    """
    found = scan(blocks)
    notes: list[str] = []
    if found.is_cut:
        notes.append(
            f"the log tells more than {MAX_TOLD:,} numbers, or in more than {MAX_WORDINGS:,} ways;"
            " the rest was left out"
        )
    if found.has_decimal_commas:
        notes.append("decimal commas were read as decimal points")
    runs = {} if choice.roles_given() else numbered_runs(found)
    if len(runs) > 1:
        columns = _of_runs(runs, name, notes)
        if columns:
            return Table("text", columns, notes)
    return Table("text", _of_run(found, name, choice, notes)[0], notes)


def _of_runs(runs: dict[str, Scan], name: str, notes: list[str]) -> dict[str, Column]:
    """Read each of several numbered runs, in rows of its own.

    Returns:
        The columns, each named after its run, and their axes; none if what is numbered is one run.

    Raises:
        LogError: If each run tells its loss once.
    """
    read: dict[str, tuple[dict[str, Column], str]] = {}
    single = 0
    for run, found in runs.items():
        try:
            read[run] = _of_run(found, name, Choice(), notes)
        except LogError:
            single += any(item.kind in LOSSES for told in found.told for item in told.phrase.items)
    untold = [run for run in runs if run not in read]
    if len(read) < 2:
        if single > 1 and not read:
            raise LogError(
                f"{name}: no training curve here: each of {single} runs"
                f" ({', '.join(list(runs)[:3])}, ...) tells its loss once."
            )
        return {}
    ends = [columns[axis].value for columns, axis in read.values() if axis]
    on = sum(after[0] > before[-1] for before, after in pairwise(ends))
    if on > 0.5 * (len(ends) - 1):
        return {}
    if untold:
        notes.append(f"{listing(untold, 4)}: without a curve, and left out")
    out: dict[str, list[Column]] = {}
    rows = 0
    for run, (columns, axis) in read.items():
        for column, part in columns.items():
            named = column if column == axis else f"{run} - {column}"
            out.setdefault(named, []).append(Column(part.row + rows, part.value))
        rows += 1 + max(int(part.row[-1]) for part in columns.values())
    return {
        column: Column(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.value for part in parts]),
        )
        for column, parts in out.items()
    }


def _of_run(
    found: Scan, name: str, choice: Choice, notes: list[str]
) -> tuple[dict[str, Column], str]:
    """Read the lines of one run: its columns, and the name of the one that is the axis."""
    log = Log(found)
    points = {key: part for key, part in log.points(notes).items() if len(part.line)}
    curves = {k: p for k, p in reduced(points, notes).items() if len(p.line) >= MIN_POINTS}
    if not choice.roles_given():
        curves = judgeable(curves, name, notes)
    if not curves:
        raise LogError(f"{name}: no training curve here: no line tells a loss more than once.")
    told = list(curves)
    position, axis = log.positions(curves, notes)
    if not axis:
        # What never changes and stands nowhere is a setting.
        curves = {k: p for k, p in curves.items() if (p.value != p.value[0]).any()}
    losses = [key for key, part in curves.items() if part.kind in LOSSES]
    if not losses and not choice.roles_given():
        raise LogError(
            f"{name}: no training curve here: no line tells a loss more than once."
            f" Told: {listing([' '.join(key).strip() for key in told])}."
        )
    unplaced = max((len(curves[key].line) for key in losses if not axis), default=0)
    if unplaced and (
        unplaced < MIN_UNPLACED or not any(curves[key].kind == "loss" for key in losses)
    ):
        raise LogError(
            f"{name}: no training curve here: {listing([' '.join(k).strip() for k in losses], 3)}"
            f" told {counted(unplaced, 'time')}, without a step."
        )
    if not curves or stands_still(curves, position):
        raise LogError(
            f"{name}: no training curve here: its losses are told, but none at a second step."
        )
    return columns_of(curves, position, axis, notes), axis


READER = Reader(
    "text",
    _recognizes,
    _read,
    "what training programs print: most frameworks' lines, and losses told in words",
    "Epoch 1/20, train loss: 0.52, val loss: 0.61\nEpoch 2/20, train loss: 0.47, val loss: 0.59\n",
)
