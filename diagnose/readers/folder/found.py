"""A run that was found, and the ways to read it."""

from __future__ import annotations

from typing import NamedTuple

FILE = "file"
TRAINER, EVENTS, CATBOOST, DVCLIVE, ALLENNLP, MLFLOW, PAIR = (
    "trainer", "events", "catboost", "dvclive", "allennlp", "mlflow", "pair",
)  # fmt: skip
"""Ways to join several files; `file` reads one."""


class Way(NamedTuple):
    """One way to read a run: how, and from which files."""

    how: str
    files: tuple[str, ...]

    @property
    def logs(self) -> tuple[str, ...]:
        """The files, without the folder that some ways name before them."""
        return self.files[1:] if self.how in (EVENTS, DVCLIVE, MLFLOW) else self.files


class Found(NamedTuple):
    """A run that was found.

    Attributes:
        path: The file or folder that the run is called after.
        ways: Ways to read it, the surest first.
        is_sure: Whether it was named by the user or is laid out as a run; any other file may be
            no log at all.
        claimed: Folders that are parts of the run.
    """

    path: str
    ways: tuple[Way, ...]
    is_sure: bool = True
    claimed: tuple[str, ...] = ()


def only(path: str, is_sure: bool = True) -> Found:
    """Return the run that one file tells."""
    return Found(path, (Way(FILE, (path,)),), is_sure)


def shown(path: str) -> str:
    """Return a path as text; a name that is no text by the numbers of its bytes."""
    return path.encode("utf-8", "backslashreplace").decode()
