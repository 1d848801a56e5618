"""Reading logs: one file per format, one table of names, one way to a Run."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable

from diagnose.errors import LogError, UnknownName
from diagnose.readers import delimited, json_history, json_lines, trainer_state
from diagnose.readers.reader import Reader
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, NoLoss, Table, to_runs
from diagnose.run import Run

TABLES: tuple[Reader, ...] = (
    trainer_state.READER,
    json_lines.READER,
    json_history.READER,
    delimited.READER,
)
"""The readers that most logs need; the others are loaded when none of these is sure."""
MARKED = (
    (b'"learn_metrics"', "catboost"),
    (b'"cell_type"', "notebook"),
    (b"DLLL {", "marked_lines"),
    (b":::MLLOG {", "marked_lines"),
    (b"json_stats: {", "marked_lines"),
)
"""Bytes in a log's head, and the module of a reader that knows it better than those of tables."""
BINARY = ("tensorboard", "wandb", "mlflow_db")
"""Modules of the readers of binary logs."""
TEXT = ("text", "mlflow", "yolo_results", "deeplabcut")
"""Modules of the readers of what programs print, and of numbers without a header."""
PRINTED = re.compile(rb"\s*(?:\[[^\]\n]{0,80}\]\s*[A-Za-z]|\{'[^\n]*\}\s*[\r\n])")
"""The head of printed lines that begin as JSON does: `[1,  2000] loss: 0.5`, `{'loss': 0.5}`."""
SURE = 0.45
"""A table's reader that is less sure than this may have taken printed lines for rows."""


def read_runs(path: str | os.PathLike[str], choice: Choice | None = None) -> list[Run]:
    """Read every run that a log or a folder holds.

    Args:
        path: The log's path, or `-` for standard input; or a folder: the files of one run are
            joined, and of several runs each is read.
        choice: Columns that the user named.

    Raises:
        LogError: If the log cannot be read or holds no training curve.
        UnknownName: If a column that was named is not in the log.
    """
    chosen = choice or Choice()
    if os.path.isdir(path):
        from diagnose.readers.folder.find import read_folder  # noqa: PLC0415 (few paths are)

        return read_folder(os.fspath(path), chosen)
    return read_file(path, chosen)


def read_file(
    path: str | os.PathLike[str],
    choice: Choice,
    as_format: str | None = None,
    told: list[str] | None = None,
) -> list[Run]:
    """Read every run that one file holds: one, unless its columns name several.

    Args:
        path: The log's path, or `-` for standard input.
        choice: Columns that the user named.
        as_format: The name of the reader to use; the one that recognizes the log if None.
        told: Takes which reader was chosen, and how sure each was.

    Raises:
        LogError: If the log cannot be read or holds no training curve.
        UnknownName: If there is no such reader, or a column that was named is not in the log.
    """
    forced = None if as_format is None else find_reader(as_format)
    source = Source(path)
    readers = _candidates(source) if forced is None else [forced]
    if told is not None:
        told.append(_explained(source, readers, forced))
    problem: LogError | None = None
    for reader in readers:
        try:
            return to_runs(reader.table(source, choice), source.name, choice)
        except MemoryError:
            raise LogError(f"{source.name}: too large for this machine's memory.") from None
        except LogError as error:
            problem = problem or error
            if forced is not None and not forced.recognizes(source):
                raise _not_as_told(source, forced) from None
            if forced is None and reader is delimited.READER and isinstance(error, NoLoss):
                # Printed lines may look like a table.
                printed = _recognizing(source, map(_load, TEXT))
                readers += [other for other in printed if other not in readers]
            if told is not None and len(readers) > 1:
                told.append(f"{source.name}: not as {reader.name}: {error}")
    raise problem or LogError(f"{source.name}: is binary, not a log of numbers and text.")


def read_table(source: Source, choice: Choice) -> Table:
    """Read the columns of a file, before they are given roles.

    Raises:
        LogError: If the file cannot be read.
    """
    problem: LogError | None = None
    for reader in _candidates(source):
        try:
            return reader.table(source, choice)
        except LogError as error:
            problem = problem or error
    raise problem or LogError(f"{source.name}: is binary, not a log of numbers and text.")


def all_readers() -> list[Reader]:
    """Return the readers of all formats."""
    modules = (*dict.fromkeys(module for _, module in MARKED), *BINARY, *TEXT)
    return [*TABLES, *map(_load, modules)]


def find_reader(name: str) -> Reader:
    """Find a reader by the name of its format.

    Raises:
        UnknownName: If there is none; the message names the nearest.
    """
    known = {reader.name: reader for reader in all_readers()}
    if name not in known:
        raise UnknownName.among("format", name, known, "`diagnose formats` lists them.")
    return known[name]


def _explained(source: Source, readers: list[Reader], forced: Reader | None) -> str:
    """Say which readers are tried, and how sure each is."""
    if forced is not None:
        share = forced.recognizes(source)
        return f"{source.name}: read as {forced.name}, as told (by itself {share:.2f} sure)"
    tried = ", then ".join(f"{r.name} ({r.recognizes(source):.2f} sure)" for r in readers)
    return f"{source.name}: read as {tried or 'nothing: no reader knows it'}"


def _not_as_told(source: Source, forced: Reader) -> LogError:
    """Say that a log is not of the format that was named, and of which it may be."""
    likely = _candidates(source)
    rather = f"it looks like {likely[0].name}" if likely else "no reader knows it"
    return LogError(f"{source.name}: does not look like {forced.name}, which --as names; {rather}.")


def _candidates(source: Source) -> list[Reader]:
    """Return the readers that may know a log, the likeliest first."""
    if not source.is_text:
        return _recognizing(source, map(_load, BINARY))
    modules = dict.fromkeys(module for mark, module in MARKED if mark in source.head)
    marked = _recognizing(source, map(_load, modules))
    tables = _recognizing(source, TABLES)
    if tables and tables[0].recognizes(source) >= SURE and not PRINTED.match(source.head):
        return [*marked, *tables[:1]]
    return [*marked, *_recognizing(source, [*map(_load, TEXT), *tables[:1]])]


def _recognizing(source: Source, readers: Iterable[Reader]) -> list[Reader]:
    sure = [(reader.recognizes(source), reader) for reader in readers]
    ranked = sorted(sure, key=lambda pair: pair[0], reverse=True)
    return [reader for share, reader in ranked if share > 0]


def _load(module: str) -> Reader:
    reader: Reader = importlib.import_module(f"diagnose.readers.{module}").READER
    return reader


def read(path: str | os.PathLike[str], choice: Choice | None = None) -> Run:
    """Read the one run of a log.

    Args:
        path: The log's path, or `-` for standard input.
        choice: Columns that the user named.

    Raises:
        LogError: If the log cannot be read, holds no training curve, or holds several runs.
        UnknownName: If a column that was named is not in the log.
    """
    runs = read_runs(path, choice)
    if len(runs) > 1:
        names = ", ".join(run.source for run in runs[:5])
        raise LogError(
            f"{path}: holds {len(runs)} runs ({names}, ...); read_runs returns them all."
        )
    return runs[0]
