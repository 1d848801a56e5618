"""JSON that is not one whole document: several one after another, or cut off in the middle."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 60
_TOKEN = re.compile(r"""[{}\[\]]|"(?:[^"\\]|\\.)*+"?+|'(?:[^'\\]|\\.)*+'?+""", re.DOTALL)
_CLOSING = {"{": "}", "[": "]"}


@dataclass(slots=True)
class _Level:
    """An open bracket, where it stands, and where the last comma between its entries does."""

    bracket: str
    comma: int = -1


def documents(text: str, parse: Callable[[str], Any]) -> tuple[list[Any], bool] | None:
    """Parse documents that follow one another, and the whole entries of a last one that is cut.

    Args:
        text: The text.
        parse: Parses one document; returns None if it cannot.

    Returns:
        The documents and whether the last was cut; None if one of them is broken otherwise.
    """
    found: list[Any] = []
    levels: list[_Level] = []
    start = end = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if levels:
            comma = text.rfind(",", end, match.start())
            if comma >= 0:
                levels[-1].comma = comma
        elif text[end : match.start()].strip(" \t\r\n,;"):
            return None  # words between the documents
        end = match.end()
        if token in _CLOSING:
            if not levels:
                start = match.start()
            levels.append(_Level(token))
            if len(levels) > MAX_DEPTH:
                return None
        elif token in "}]":
            if not levels or _CLOSING[levels.pop().bracket] != token:
                return None
            if not levels:
                document = parse(text[start:end])
                if document is None:
                    return None
                found.append(document)
        elif not levels:
            return None
    if not levels:
        return (found, False) if found and not text[end:].strip(" \t\r\n,;") else None
    comma = text.rfind(",", end)
    if comma >= 0:
        levels[-1].comma = comma
    document = _whole_entries(text, start, levels, parse)
    if document is not None:
        found.append(document)
    return (found, True) if found else None


def _whole_entries(
    text: str, start: int, levels: list[_Level], parse: Callable[[str], Any]
) -> Any | None:
    """Parse the entries before the cut: without a record or a list that is not whole."""
    depths = range(len(levels))
    of_records = [
        d for d in depths[:-1] if levels[d].bracket == "[" and levels[d + 1].bracket == "{"
    ]
    objects = [d for d in reversed(depths) if levels[d].bracket == "{"]
    for depth in [*of_records, *objects, depths[-1]]:
        if levels[depth].comma >= 0:
            closing = "".join(_CLOSING[level.bracket] for level in reversed(levels[: depth + 1]))
            return parse(text[start : levels[depth].comma] + closing)
    return None
