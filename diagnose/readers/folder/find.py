"""Find the runs in a folder, and read each."""

from __future__ import annotations

from typing import NamedTuple

from diagnose.errors import LogError
from diagnose.readers.folder.layouts import (
    FILE,
    TRAINER,
    Found,
    Way,
    is_list,
    is_part,
    runs_of,
)
from diagnose.readers.folder.listing import Folder, shown
from diagnose.readers.table import Choice, to_runs
from diagnose.run import Run

MAX_DEPTH = 64
_PASSED_OVER = frozenset(
    ["__pycache__", "node_modules", "site-packages", "venv", "env", "__MACOSX"],
)
_DAMAGED = ("damaged", "cut off", "no permission", "cannot be read to its end", "too large", " GiB")
"""What is told also of a file that may be no log at all."""


class Search(NamedTuple):
    """What a folder holds.

    Attributes:
        found: The runs, in the order of their names.
        errors: Folders that cannot be read.
    """

    found: list[Found]
    errors: list[LogError]


def search(path: str, recursive: bool = False) -> Search:
    """Find the runs of a folder: itself, or those in it and one level below.

    Args:
        path: The folder.
        recursive: Look at all levels; parts of a run are not taken for runs.

    Raises:
        LogError: If the folder cannot be read.
    """
    result = Search([], [])
    seen: set[tuple[int, int]] = set()
    # Folders to look at: path, levels left to go down, and depth. The first is the last.
    stack = [(path, MAX_DEPTH if recursive else 1, 0)]
    while stack:
        at, levels, depth = stack.pop()
        try:
            folder = Folder(at)
        except LogError as error:
            if not depth:
                raise
            result.errors.append(error)
            continue
        if folder.identity in seen:
            continue
        seen.add(folder.identity)
        runs = runs_of(folder)
        result.found.extend(runs)
        whole = any(run.is_sure for run in runs)
        if depth >= MAX_DEPTH or (whole and not recursive):
            continue
        claimed = {name for run in runs for name in run.claimed}
        for name in reversed(folder.folders):
            if name in claimed or name.startswith(".") or name in _PASSED_OVER:
                continue
            free = is_part(name) or is_list(folder) or _is_on_the_way(folder, name)
            if levels > 0 or free:
                stack.append((folder.join(name), levels if free else levels - 1, depth + 1))
    return result


def _is_on_the_way(folder: Folder, name: str) -> bool:
    """Return whether a folder is one that holds runs by its nature."""
    inner = folder.inner(name)
    return inner is not None and is_list(inner)


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
    raise problem or LogError(f"{shown(found.path)}: nothing to read.")


def _read_way(path: str, way: Way, choice: Choice, told: list[str] | None) -> list[Run]:
    from diagnose.readers import read_file  # noqa: PLC0415 (imports this module's callers)
    from diagnose.readers.folder.join import latest_state, tables_of  # noqa: PLC0415

    if way.how == FILE:
        return read_file(way.files[0], choice, told=told)
    if way.how == TRAINER:
        return read_file(latest_state(way.files), choice, told=told)
    runs = []
    problem: LogError | None = None
    for name, table in tables_of(path, way, choice):
        if told is not None:
            told.append(f"{shown(name)}: read as {table.format}, joined from files")
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


def read_folder(path: str, choice: Choice, recursive: bool = False) -> list[Run]:
    """Read all runs of a folder; what cannot be read is passed over.

    Raises:
        LogError: If there is no run that can be read.
    """
    found, errors = search(path, recursive)
    runs: list[Run] = []
    for item in found:
        try:
            runs += read_found(item, choice)
        except LogError as error:
            errors.append(error)
    if runs:
        return runs
    raise errors[0] if errors else nothing_found(path, recursive)


def nothing_found(path: str, recursive: bool) -> LogError:
    """Say that a folder holds no log."""
    deeper = "" if recursive else "; --recursive looks into the folders below"
    return LogError(f"{shown(path)}: no log of a training run in this folder{deeper}.")
