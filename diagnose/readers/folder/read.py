"""Read a run that was found: the file that tells it, or the files that tell it together."""

from __future__ import annotations

import os
from dataclasses import replace

from diagnose.errors import LogError
from diagnose.readers.folder.found import FILE, TRAINER, Found, Way, shown
from diagnose.readers.table import Choice, listing, to_runs
from diagnose.run import Run

_DAMAGED = ("damaged", "cut off", "no permission", "cannot be read to its end", "too large", " GiB")
"""What is told also of a file that may be no log at all."""


def read_found(
    found: Found,
    choice: Choice,
    told: list[str] | None = None,
    damaged: list[str] | None = None,
) -> list[Run]:
    """Read a run that was found; its notes name the files that it was not read from.

    Args:
        found: The run.
        choice: Columns that the user named.
        told: Takes which reader was chosen, and why.
        damaged: Takes what is wrong with surer files, where others told the run.

    Raises:
        LogError: If no way of reading it gives a curve; the message is of the surest way.
        UnknownName: If a column that was named is not in the log.
    """
    problem: LogError | None = None
    notes: list[str] = []
    for index, way in enumerate(found.ways):
        try:
            runs = _read_way(found.path, way, choice, told)
        except LogError as error:
            if told is not None and len(found.ways) > 1:
                told.append(f"{error} Tried further files of the run.")
            if not is_no_log(error):
                notes.append(f"not read: {str(error).removesuffix('.')}")
            problem = problem or error
            continue
        if damaged is not None:
            damaged += [
                f"{note.removeprefix('not read: ')}; other files told the run" for note in notes
            ]
        notes += _untried(found, index)
        return [replace(run, notes=(*run.notes, *notes)) if notes else run for run in runs]
    raise problem or LogError(f"{found.path}: nothing to read.")


def _untried(found: Found, index: int) -> list[str]:
    """Say which files of a run were not looked into, since those of one way told it."""
    seen = {path for way in found.ways[: index + 1] for path in way.logs}
    left = dict.fromkeys(path for way in found.ways[index + 1 :] for path in way.logs)
    names = [shown(os.path.basename(path)) for path in left if path not in seen]
    return (
        [f"taken for records of the same run, and not read: {listing(names, 6)}"] if names else []
    )


def _read_way(path: str, way: Way, choice: Choice, told: list[str] | None) -> list[Run]:
    from diagnose.readers import read_file  # noqa: PLC0415 (imports this module's callers)

    if way.how == FILE:
        return read_file(way.files[0], choice, told=told)
    from diagnose.readers.folder.join import latest_state, tables_of  # noqa: PLC0415 (few runs are)

    if way.how == TRAINER:
        state, notes = latest_state(way.files)
        runs = read_file(state, choice, told=told)
        return [replace(run, notes=(*run.notes, *notes)) for run in runs]
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
