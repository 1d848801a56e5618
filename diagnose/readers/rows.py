"""From records (one dictionary a log event) to columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    return None


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


def columns_of(
    records: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, Column], dict[str, str], list[str]]:
    """Collect the numbers of records into columns.

    A record that says which part of the data it was measured on (`"mode": "val"`) gives its
    numbers that name.

    Returns:
        The columns, the fields that hold nothing but text with an example of it, and notes.
    """
    found: dict[str, tuple[list[int], list[float]]] = {}
    text: dict[str, list[str]] = {}
    for number, record in enumerate(records):
        flat = flatten(record)
        part = ""
        for name, value in flat.items():
            if isinstance(value, str) and normalized(name) in SPLIT_COLUMNS:
                part = normalized(value) if meaning(value).split else ""
        for name, value in flat.items():
            is_axis = normalized(name) in _AXES
            parsed = to_number(value)
            if parsed is None:
                if not isinstance(value, str) or is_missing(value):
                    continue
                text.setdefault(name, []).append(value)
                if not is_axis:
                    continue
                # A step that cannot be read is unknown, not that of the record before.
                parsed = float("nan")
            told = f"{part}_{name}" if part and not is_axis else name
            rows, values = found.setdefault(told, ([], []))
            if not rows or rows[-1] != number:
                rows.append(number)
                values.append(parsed)
    columns = {
        name: Column(np.array(rows), np.array(values))
        for name, (rows, values) in found.items()
        if name not in text or not np.isnan(values).all()
    }
    notes = [
        f"field {name!r}: text instead of a number ({given[0].strip()[:40]!r}"
        f"{f' and {len(given) - 1} more' if len(given) > 1 else ''}) was left out"
        for name, given in text.items()
        if name in columns
    ]
    return columns, {n: given[0].strip() for n, given in text.items() if n not in columns}, notes
