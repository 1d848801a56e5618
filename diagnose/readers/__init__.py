"""Reading logs: one file per format, one table of names, one way to a Run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable

from diagnose.errors import LogError
from diagnose.readers import delimited, json_history, json_lines, trainer_state
from diagnose.readers.reader import Reader
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, to_runs
from diagnose.run import Run

TABLES: tuple[Reader, ...] = (
    trainer_state.READER,
    json_lines.READER,
    json_history.READER,
    delimited.READER,
)
"""The readers that most logs need; the others are loaded when none of these is sure."""
BINARY = ("tensorboard", "wandb")
"""Modules of the readers of binary logs."""
TEXT = ("text",)
"""Modules of the readers of what programs print."""
SURE = 0.45
"""A table's reader that is less sure than this may have taken printed lines for rows."""


def read_runs(path: str | os.PathLike[str], choice: Choice | None = None) -> list[Run]:
    """Read every run that a log holds: one, unless its columns name several.

    Args:
        path: The log's path, or `-` for standard input.
        choice: Columns that the user named.

    Raises:
        LogError: If the log cannot be read or holds no training curve.
        UnknownName: If a column that was named is not in the log.
    """
    chosen = choice or Choice()
    source = Source(path)
    problem: LogError | None = None
    for reader in _candidates(source):
        try:
            return to_runs(reader.read(source, chosen), source.name, chosen)
        except MemoryError:
            raise LogError(f"{source.name}: too large for this machine's memory.") from None
        except LogError as error:
            problem = problem or error
    raise problem or LogError(f"{source.name}: is binary, not a log of numbers and text.")


def _candidates(source: Source) -> list[Reader]:
    """Return the readers that may know a log, the likeliest first."""
    if not source.is_text:
        return _recognizing(source, map(_load, BINARY))
    tables = _recognizing(source, TABLES)
    if tables and tables[0].recognizes(source) >= SURE:
        return tables[:1]
    return _recognizing(source, [*map(_load, TEXT), *tables[:1]])


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
