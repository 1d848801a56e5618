"""From the arguments of the command line to the logs they name: files, folders and patterns."""

from __future__ import annotations

import glob
import os
from typing import NamedTuple

from diagnose.errors import DataError, LogError
from diagnose.readers.folder.found import Found, only, shown


class Logs(NamedTuple):
    """What the arguments name.

    Attributes:
        found: The runs, in order.
        errors: What was named and cannot be found or read.
        is_plural: Whether several paths or a pattern were given.
        is_folder: Whether a folder of several runs is among them.
        deeper: Folders further down that were not looked into.
    """

    found: list[Found]
    errors: list[LogError]
    is_plural: bool
    is_folder: bool
    deeper: list[str]


def find_logs(paths: tuple[str, ...], recursive: bool, as_format: str | None) -> Logs:
    """Find the logs that the arguments name.

    Args:
        paths: Files, folders, patterns such as `runs/*.csv`, or `-`.
        recursive: Look at all levels of a folder.
        as_format: The format of the files, if it was named.

    Raises:
        DataError: If the arguments make no sense together.
    """
    if paths.count("-") > 1:
        raise DataError("standard input can be read only once.")
    found: list[Found] = []
    errors: list[LogError] = []
    deeper: list[str] = []
    is_plural, is_folder = len(paths) > 1, False
    for path in paths:
        expanded = _expanded(path)
        is_plural |= expanded != [path]
        if not expanded:
            errors.append(
                LogError(
                    f"{shown(path)}: there is no such file, nor one that this pattern matches."
                )
            )
        for item in expanded:
            if not os.path.isdir(item):
                found.append(only(item))
                continue
            if as_format is not None:
                raise DataError(
                    f"--as names the format of a file, and {shown(item)} is a folder;"
                    f" {shown(os.path.join(item, '*'))!r} names the files in it."
                )
            from diagnose.readers.folder.find import nothing_found, search  # noqa: PLC0415

            try:
                inner = search(item, recursive)
            except LogError as error:
                errors.append(error)
                continue
            is_folder |= len(inner.found) > 1
            found += inner.found
            errors += inner.errors
            deeper += inner.deeper if inner.found else ()
            if not inner.found:
                errors.append(nothing_found(item, recursive))
    return Logs(found, errors, is_plural, is_folder, deeper)


def _expanded(path: str) -> list[str]:
    """Expand a pattern that no shell has expanded; a file of that name comes first."""
    if path == "-" or not glob.has_magic(path) or os.path.lexists(path):
        return [path]
    from diagnose.readers.folder.listing import numbered  # noqa: PLC0415 (few paths are patterns)

    return sorted(glob.glob(path, recursive=True), key=numbered)
