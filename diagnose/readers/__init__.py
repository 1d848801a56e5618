"""Reading logs: one file per format, one table of names, one way to a Run."""

from __future__ import annotations

import os

from diagnose.errors import LogError
from diagnose.readers import delimited, json_history, json_lines, trainer_state
from diagnose.readers.reader import Reader
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, to_runs
from diagnose.run import Run

READERS: tuple[Reader, ...] = (
    trainer_state.READER,
    json_lines.READER,
    json_history.READER,
    delimited.READER,
)


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
    sure, best = max(
        ((reader.recognizes(source), reader) for reader in READERS), key=lambda pair: pair[0]
    )
    if sure <= 0:
        raise LogError(
            f"{source.name}: is neither a table (CSV, TSV) nor JSON; other text logs are not read"
            " yet."
        )
    try:
        table = best.read(source, chosen)
        return to_runs(table, source.name, chosen)
    except MemoryError:
        raise LogError(f"{source.name}: too large for this machine's memory.") from None


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
