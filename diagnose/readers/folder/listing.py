"""What lies in a folder, in the order in which people number things."""

from __future__ import annotations

import os
import re

from diagnose.errors import LogError
from diagnose.readers.folder.found import shown
from diagnose.readers.source import reason

MAX_ENTRIES = 1_000_000
"""A folder with more entries is no folder of runs."""


class Folder:
    """One folder.

    Attributes:
        path: Its path.
        files: Names of the files in it, sorted.
        folders: Names of the folders in it, sorted; symbolic links come last.
        identity: Tells it from every other folder, whatever path led to it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.files: list[str] = []
        self.folders: list[str] = []
        links: list[str] = []
        try:
            status = os.stat(path)
            with os.scandir(path) as entries:
                for count, entry in enumerate(entries):
                    if count == MAX_ENTRIES:
                        raise LogError(f"{shown(path)}: more than {MAX_ENTRIES} entries.")
                    self._take(entry, links)
        except OSError as error:
            raise LogError(f"{shown(path)}: {reason(error)}") from None
        self.identity = (status.st_dev, status.st_ino)
        self.files.sort(key=numbered)
        self.folders = sorted(self.folders, key=numbered) + sorted(links, key=numbered)

    def _take(self, entry: os.DirEntry[str], links: list[str]) -> None:
        try:
            if entry.is_dir():
                (links if entry.is_symlink() else self.folders).append(entry.name)
            elif entry.is_file():
                self.files.append(entry.name)
        except OSError:
            return  # a link that leads to itself

    @property
    def name(self) -> str:
        """The folder's own name."""
        return os.path.basename(os.path.abspath(self.path))

    def join(self, *names: str) -> str:
        """Return the path of something in it."""
        return os.path.join(self.path, *names)

    def inner(self, *names: str) -> Folder | None:
        """Return a folder within it; None if there is none, or none that can be read."""
        if names[0] not in self.folders:
            return None
        try:
            return Folder(self.join(*names))
        except LogError:
            return None


def numbered(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which `version_2` comes before `version_10`."""
    parts = re.findall(r"\d{1,18}|\D+|\d+", name)
    return [(int(p), "") if p.isdecimal() and len(p) <= 18 else (-1, p) for p in parts]
