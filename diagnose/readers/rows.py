"""From records (one dictionary a log event) to columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from diagnose.readers.cells import parse_number
from diagnose.readers.columns import (
    EPOCH_AXES,
    SPLIT_COLUMNS,
    STEP_AXES,
    TRAINING,
    VALIDATION,
    normalized,
)
from diagnose.readers.table import Column

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
            return float("inf")
    if isinstance(value, str):
        try:
            return parse_number(value)
        except ValueError:
            return None
    return None


def flatten(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Join the names of nested dictionaries with a slash."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < MAX_DEPTH:
            out |= flatten(value, f"{name}/", depth + 1)
        else:
            out[name] = value
    return out


def columns_of(records: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Column], list[str]]:
    """Collect the numbers of records into columns.

    A record that says which part of the data it was measured on (`"mode": "val"`) gives its
    numbers that name.

    Returns:
        The columns, and the names of fields that hold text.
    """
    found: dict[str, tuple[list[int], list[float]]] = {}
    text: dict[str, None] = {}
    for number, record in enumerate(records):
        flat = flatten(record) if any(isinstance(v, dict) for v in record.values()) else record
        part = ""
        for key, value in flat.items():
            if isinstance(value, str) and normalized(key) in SPLIT_COLUMNS:
                word = value.strip().lower()
                part = word if word in VALIDATION or word in TRAINING else ""
        for key, value in flat.items():
            parsed = to_number(value)
            if parsed is None:
                if isinstance(value, str):
                    text[str(key)] = None
                continue
            name = str(key)
            if part and normalized(name) not in _AXES:
                name = f"{part}_{name}"
            rows, values = found.setdefault(name, ([], []))
            rows.append(number)
            values.append(parsed)
    columns = {
        name: Column(np.array(rows), np.array(values)) for name, (rows, values) in found.items()
    }
    return columns, [name for name in text if name not in columns]
