"""The interface of a log format: how to recognize it and how to read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from diagnose.errors import LogError
from diagnose.readers.source import CUT_OFF, Source
from diagnose.readers.table import Choice, Table


class Reader(NamedTuple):
    """One log format.

    Attributes:
        name: The format's name.
        recognizes: Takes a source, of which it may look at the head alone, and returns how sure
            it is, from 0 (no) to 1 (certain).
        read: Takes a source and the columns the user named, and returns its table. The only
            exception that leaves it is LogError.
        title: What is recognized, in words, for `diagnose formats`.
        example: Lines of such a log; of a binary one, what its file is called.
    """

    name: str
    recognizes: Callable[[Source], float]
    read: Callable[[Source, Choice], Table]
    title: str = ""
    example: str = ""

    def table(self, source: Source, choice: Choice) -> Table:
        """Read a source, and note where a compressed one is cut off.

        Raises:
            LogError: If it cannot be read.
        """
        try:
            table = self.read(source, choice)
        except LogError:
            if source.is_cut:
                raise LogError(f"{source.name}: {CUT_OFF}") from None
            raise
        if source.is_text and not source.encoding.startswith("utf"):
            table.notes.append(f"the text is not UTF-8 and was read as {source.encoding}")
        if source.is_cut:
            table.notes.insert(0, "the compressed file is cut off; what is whole of it was read")
        return table
