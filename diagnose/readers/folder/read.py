"""Read a run that was found: the file that tells it, or the files that tell it together."""

from __future__ import annotations

from diagnose.errors import LogError
from diagnose.readers.folder.found import FILE, TRAINER, Found, Way, shown
from diagnose.readers.table import Choice, to_runs
from diagnose.run import Run

_DAMAGED = ("damaged", "cut off", "no permission", "cannot be read to its end", "too large", " GiB")
"""What is told also of a file that may be no log at all."""


def read_found(found: Found, choice: Choice, told: list[str] | None = None) -> list[Run]:
    """Read a run that was found.

    Args:
        found: The run.
        choice: Columns that the user named.
        told: Takes which reader was chosen, and why.

    Raises:
        LogError: If no way of reading it gives a curve; the message is of the surest way.
        UnknownName: If a column that was named is not in the log.
    """
    problem: LogError | None = None
    for way in found.ways:
        try:
            return _read_way(found.path, way, choice, told)
        except LogError as error:
            if told is not None and len(found.ways) > 1:
                told.append(f"{error} Tried further files of the run.")
            problem = problem or error
    raise problem or LogError(f"{found.path}: nothing to read.")


def _read_way(path: str, way: Way, choice: Choice, told: list[str] | None) -> list[Run]:
    from diagnose.readers import read_file  # noqa: PLC0415 (imports this module's callers)

    if way.how == FILE:
        return read_file(way.files[0], choice, told=told)
    from diagnose.readers.folder.join import latest_state, tables_of  # noqa: PLC0415 (few runs are)

    if way.how == TRAINER:
        return read_file(latest_state(way.files), choice, told=told)
    runs = []
    problem: LogError | None = None
    for name, table in tables_of(path, way, choice):
        if told is not None:
            told.append(f"{name}: read as {table.format}, joined from files")
        try:
            runs += to_runs(table, shown(name), choice)
        except LogError as error:
            problem = problem or error
    if not runs and problem is not None:
        raise problem
    return runs


def is_no_log(error: LogError) -> bool:
    """Return whether a file that was only found in a folder is none of its logs.

    A folder of runs holds many other files; that a log is damaged or may not be read is told.
    """
    return not any(word in str(error) for word in _DAMAGED)
