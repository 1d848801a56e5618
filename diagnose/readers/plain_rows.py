"""Rows of nothing but numbers and blanks, which are parsed many at once."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from diagnose.readers.body import BLANK
from diagnose.readers.layout import BLANKS, WIDE_BLANKS
from diagnose.run import FloatArray

NUMERIC = b"0123456789+-.eE "
"""What numbers are written with, and the blanks around them."""
LARGE = 1 << 14
"""A shorter text is parsed before simdjson would be loaded."""


def parse_rows(
    text: str, delimiter: str, width: int, places: Sequence[int], comma: bool = False
) -> FloatArray | None:
    """Parse lines of nothing but numbers and blanks.

    Args:
        text: The lines.
        delimiter: What separates the cells.
        width: How many cells each row must have.
        places: Which cells of each row are wanted.
        comma: Whether the decimal sign is a comma.

    Returns:
        (rows, places) numbers, `BLANK` for a blank cell, without rows in which all of them are
        blank; None if the text holds anything else.
    """
    if not text.strip():
        return np.empty((0, len(places)))
    if comma:
        if "." in text:
            return None
        text = text.replace(",", ".")
    if delimiter in (BLANKS, WIDE_BLANKS):
        return _by_numpy(text, text, None, width, places)
    large = len(text) >= LARGE
    filled = text
    block = _as_json(text, delimiter, width) if large else None
    if block is None:
        filled = _with_blanks_filled(text, delimiter)
        if large and filled is not text:
            block = _as_json(filled, delimiter, width)
    if block is None:
        block = _by_numpy(text, filled, delimiter, width, places)
    elif len(places) < width:
        block = block[:, places]
    if block is None or filled is text:
        return block
    some = (block != BLANK).any(axis=1)
    return block if some.all() else block[some]


def _as_json(text: str, delimiter: str, width: int) -> FloatArray | None:
    """Parse rows of numbers as one JSON array, which takes a fifth of `numpy.loadtxt`'s time.

    Returns:
        (rows, width) numbers; None if a row has another width, or a cell is spelled as JSON does
        not spell a number (a blank, NaN and infinities among them).
    """
    import simdjson  # noqa: PLC0415 (few logs are long)

    rows = text.rstrip("\n").encode("utf-8", "replace")
    signs = rows.translate(None, NUMERIC) + b"\n"
    end = f"{delimiter * (width - 1)}\n".encode()
    if signs != end * (len(signs) // width):
        return None
    commas = rows.translate(bytes.maketrans(f"{delimiter}\n".encode(), b",,"))
    try:
        array = simdjson.Parser().parse(b"[%b]" % commas)
    except (ValueError, RuntimeError):
        return None
    if not isinstance(array, simdjson.Array):
        return None
    return np.frombuffer(array.as_buffer(of_type="d")).reshape(-1, width)


def _by_numpy(
    text: str, filled: str, delimiter: str | None, width: int, places: Sequence[int]
) -> FloatArray | None:
    """Parse rows of numbers as numpy spells them; None if there is anything else."""
    if any(sign in text for sign in '"_#%'):
        return None
    every = places == list(range(width)) and filled is text and delimiter is not None
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    # Where every column is read, numpy itself refuses rows of another width.
    if not every and not _are_even(lines, width, delimiter):
        return None
    try:
        block = np.loadtxt(
            lines if filled is text else io.StringIO(filled),
            delimiter=delimiter,
            usecols=None if every else places,
            comments=None,
            ndmin=2,
        )
    except (ValueError, IndexError):
        return None
    return block if block.shape[1] == len(places) else None


def _are_even(lines: Sequence[str], width: int, delimiter: str | None) -> bool:
    """Return whether every line has `width` cells; or one more, if it is blank in every line."""
    if delimiter is None:
        return {len(line.split()) for line in lines} == {width}
    counts = {line.count(delimiter) for line in lines}
    if counts == {width}:
        return all(line.rstrip(" ").endswith(delimiter) for line in lines)
    return counts == {width - 1}


def _with_blanks_filled(text: str, delimiter: str) -> str:
    """Put `BLANK` into every blank cell; the text itself where there is none."""
    edges = (f"{delimiter}\n", f"\n{delimiter}")
    if not (
        delimiter * 2 in text
        or any(edge in text for edge in edges)
        or text.startswith(delimiter)
        or text.endswith(delimiter)
    ):
        return text
    fill = f"{delimiter}{BLANK!r}{delimiter}"
    text = text.replace(delimiter * 2, fill).replace(delimiter * 2, fill)
    text = text.replace(edges[0], f"{delimiter}{BLANK!r}\n")
    text = text.replace(edges[1], f"\n{BLANK!r}{delimiter}")
    if text.startswith(delimiter):
        text = f"{BLANK!r}{text}"
    return f"{text}{BLANK!r}" if text.endswith(delimiter) else text
