"""What must hold of a reader, whatever it is given."""

from __future__ import annotations

from pathlib import Path

from diagnose.errors import LogError
from diagnose.readers import read_file
from diagnose.readers.table import Choice


def check(path: Path, reader: str) -> None:
    """Read a log, by the reader of that name or by `any`.

    Raises:
        AssertionError: If the error names no file or takes several lines, or a run has no loss.
        Exception: Whatever else leaves the reader.
    """
    try:
        runs = read_file(path, Choice(), as_format=None if reader == "any" else reader)
    except LogError as error:
        told = str(error)
        if not told.startswith(str(path)) or len(told.splitlines()) > 1:
            raise AssertionError(f"names no file, or takes several lines: {told!r}") from None
    else:
        if not runs or not all(run.train_loss or run.val_loss for run in runs):
            raise AssertionError("a run without a loss")
