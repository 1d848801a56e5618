"""From records (one dictionary a log event) to columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from diagnose.readers.axis import Column
from diagnose.readers.cells import MISSING, parse_number
from diagnose.readers.columns import (
    EPOCH_AXES,
    SPLIT_COLUMNS,
    STEP_AXES,
    meaning,
    normalized,
)

MAX_DEPTH = 4
MAX_FIELDS = 20_000
"""Fields of records, or lists of a history, that are read."""
_AXES = {*STEP_AXES, *EPOCH_AXES}


def to_number(value: object) -> float | None:
    """Return a value as a number; None if it is text, a truth value, or nothing."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    if isinstance(value, str):
        try:
            return parse_number(value)
        except ValueError:
            return None
    if isinstance(value, dict) and "py/object" in value:
        # A numpy number, as jsonpickle writes it.
        inner = value.get("value")
        return None if isinstance(inner, dict | list) else to_number(inner)
    if isinstance(value, list | tuple) and len(value) == 1 and not isinstance(value[0], list):
        return to_number(value[0])
    return None


@lru_cache(maxsize=1 << 12)
def key_name(key: object) -> str:
    """Return a key as a name; half a character, which no file can hold, as its number."""
    return str(key).encode("utf-8", "backslashreplace").decode()


def is_missing(value: str) -> bool:
    """Return whether a text stands for "not logged"."""
    return value.strip().lower() in MISSING


def flatten(record: Mapping[Any, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Join the names of nested dictionaries with a slash."""
    if not prefix and not any(isinstance(value, dict) for value in record.values()):
        return {key_name(key): value for key, value in record.items()}
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key_name(key)}"
        if isinstance(value, dict) and depth < MAX_DEPTH:
            out |= flatten(value, f"{name}/", depth + 1)
        else:
            out[name] = value
    return out


class Cells:
    """Collects numbers by row, by column, and by the part of the data they were measured on."""

    def __init__(self, axes: Collection[str] = _AXES) -> None:
        self.axes = axes
        self._found: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
        self._parts: list[str] = []

    def begin(self, part: str) -> None:
        """Begin a row whose numbers were measured on `part` ("" if the row does not say)."""
        if part and not meaning(part).split and self._parts[-1:] != [part]:
            self._parts.append(part)

    def add(self, row: int, part: str, name: str, value: float) -> None:
        """Add a number; of two under one name in one row the first stands."""
        found = self._found.get((part, name))
        if found is None:
            # A step is of no part: all parts share its column.
            shared = ("", name) if normalized(name) in self.axes else (part, name)
            found = self._found.setdefault(shared, ([], []))
            self._found[part, name] = found
        rows, values = found
        if not rows or rows[-1] != row:
            rows.append(row)
            values.append(value)

    def columns(self) -> dict[str, Column]:
        """Return the columns; those of a part bear its name.

        Parts of other names than train and val are apart only where they alternate. Parts that
        follow one another are the phases of one run.
        """
        alternate = len(set(self._parts)) < len(self._parts)
        joined: dict[str, list[tuple[list[int], list[float]]]] = {}
        for (part, name), found in self._found.items():
            apart = part and (alternate or meaning(part).split)
            if normalized(name) in self.axes:
                joined[name] = [found]
            else:
                joined.setdefault(f"{part}_{name}" if apart else name, []).append(found)
        return {name: _joined(found) for name, found in joined.items()}


def _joined(found: list[tuple[list[int], list[float]]]) -> Column:
    rows = np.concatenate([np.array(rows, dtype=np.int64) for rows, _ in found])
    values = np.concatenate([np.array(values, dtype=np.float64) for _, values in found])
    rows, first = np.unique(rows, return_index=True)
    return Column(rows, values[first])


def columns_of(
    records: Iterable[Mapping[Any, Any]],
) -> tuple[dict[str, Column], dict[str, str], list[str]]:
    """Collect the numbers of records into columns.

    A record that says which part of the data it was measured on (`"mode": "val"`) gives its
    numbers that name.

    Returns:
        The columns, the fields that hold nothing but text with an example of it, and notes.
    """
    cells = Cells()
    is_cut = False
    numeric: set[str] = set()
    text: dict[str, list[str]] = {}
    names: set[str] = set()
    for number, record in enumerate(records):
        flat = flatten(record)
        if len(names) + len(flat) > MAX_FIELDS:
            new = [name for name in flat if name not in names]
            for name in new[max(MAX_FIELDS - len(names), 0) :]:
                del flat[name]
                is_cut = True
        names.update(flat)
        part = ""
        for name, value in flat.items():
            if isinstance(value, str) and normalized(name) in SPLIT_COLUMNS:
                part = part if meaning(part).split else normalized(value)
        if part:
            cells.begin(part)
        for name, value in flat.items():
            parsed = value if type(value) is float else to_number(value)
            if parsed is not None:
                numeric.add(name)
            elif isinstance(value, str) and not is_missing(value):
                text.setdefault(name, []).append(value)
                if normalized(name) not in _AXES:
                    continue
                # A step that cannot be read is unknown, not that of the record before.
                parsed = float("nan")
            else:
                continue
            cells.add(number, part, name, parsed)
    notes = [
        f"field {name!r}: text instead of a number ({given[0].strip()[:40]!r}"
        f"{f' and {len(given) - 1} more' if len(given) > 1 else ''}) was left out"
        for name, given in text.items()
        if name in numeric
    ]
    if is_cut:
        notes.append(f"more than {MAX_FIELDS:,} different fields; the others were left out")
    only_text = {name: given[0].strip() for name, given in text.items() if name not in numeric}
    columns = {name: found for name, found in cells.columns().items() if name not in only_text}
    return columns, only_text, notes
