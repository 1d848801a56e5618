"""Find the runs in a folder."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from diagnose.errors import LogError
from diagnose.readers.folder.found import Found, shown
from diagnose.readers.folder.layouts import is_list, is_part, runs_of
from diagnose.readers.folder.listing import Folder
from diagnose.readers.folder.read import is_no_log, read_found
from diagnose.readers.table import Choice
from diagnose.run import Run

MAX_DEPTH = 64
_PASSED_OVER = frozenset(
    ["__pycache__", "node_modules", "site-packages", "venv", "env", "__MACOSX"],
)


class Search(NamedTuple):
    """What a folder holds.

    Attributes:
        found: The runs, in the order of their names.
        errors: Folders that cannot be read.
        deeper: Folders further down, below none of the runs, that were not looked into.
    """

    found: list[Found]
    errors: list[LogError]
    deeper: list[str]


def search(path: str, recursive: bool = False) -> Search:
    """Find the runs of a folder: itself, those in it and those one level below.

    Args:
        path: The folder.
        recursive: Look at all levels; parts of a run are not taken for runs.

    Raises:
        LogError: If the folder cannot be read.
    """
    result = Search([], [], [])
    seen: set[tuple[int, int]] = set()
    # Folders to look at: path, levels left to go down, depth, and whether it lies in a run, where
    # only what is laid out as a run of its own counts. The first is the last.
    stack = [(path, MAX_DEPTH if recursive else 1, 0, False)]
    while stack:
        at, levels, depth, is_within = stack.pop()
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
        runs = [run for run in runs_of(folder) if run.is_sure or not is_within]
        result.found.extend(runs)
        is_run = any(run.is_sure for run in runs)
        if depth >= MAX_DEPTH or ((is_within or (is_run and depth)) and not recursive):
            continue
        claimed = {name for run in runs for name in run.claimed}
        for name in reversed(folder.folders):
            if name in claimed or name.startswith(".") or name in _PASSED_OVER:
                continue
            free = is_part(name) or (depth > 0 and is_list(folder)) or _is_on_the_way(folder, name)
            if is_run and not recursive and free:
                continue  # further records of the same run
            if levels > 0 or free:
                left = levels if free else levels - 1
                stack.append((folder.join(name), left, depth + 1, is_run and not recursive))
            elif not is_run:
                result.deeper.append(folder.join(name))
    return result


def _is_on_the_way(folder: Folder, name: str) -> bool:
    """Return whether a folder is one that holds runs by its nature."""
    inner = folder.inner(name)
    return inner is not None and is_list(inner)


def read_folder(path: str, choice: Choice, recursive: bool = False) -> list[Run]:
    """Read all runs of a folder; the notes of each name the logs that are damaged.

    Raises:
        LogError: If there is no run that can be read.
    """
    found, errors, _ = search(path, recursive)
    runs: list[Run] = []
    for item in found:
        try:
            runs += read_found(item, choice)
        except LogError as error:
            errors.append(error)
    if runs:
        notes = [
            f"also in the folder, and not read: {str(error).removesuffix('.')}"
            for error in errors
            if not is_no_log(error)
        ]
        return [replace(run, notes=(*run.notes, *notes)) for run in runs] if notes else runs
    raise errors[0] if errors else nothing_found(path, recursive)


def nothing_found(path: str, recursive: bool) -> LogError:
    """Say that a folder holds no log."""
    deeper = "" if recursive else "; --recursive looks into the folders below"
    return LogError(f"{shown(path)}: no log of a training run in this folder{deeper}.")
