"""JSON documents: a history of lists, a list of records, or either inside of something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.columns import EPOCH_AXES, STEP_AXES, meaning, normalized
from diagnose.readers.reader import Reader
from diagnose.readers.rows import columns_of, to_number
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, Column, Table
from diagnose.run import IntArray

MAX_LITERAL = 64 << 20
_EPOCH_KEY = re.compile(r"(epoch|step|iter(ation)?)?[ _-]?\d+", re.IGNORECASE)


def load_json(source: Source) -> Any:
    """Parse the whole source as JSON (NaN and Infinity allowed) or as a Python literal.

    Raises:
        LogError: If it is neither; the message says in which line it breaks.
    """
    text = source.text().lstrip("\ufeff")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if "'" in text[:200] and len(text) <= MAX_LITERAL:
            import ast  # noqa: PLC0415 (slow to load, and rarely needed)

            try:
                return ast.literal_eval(text.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                pass
        cut = error.pos >= len(text.rstrip()) - 1
        raise LogError(
            f"{source.name}:{error.lineno}: "
            + ("the JSON is cut off here." if cut else f"no JSON: {error.msg}.")
        ) from None
    except RecursionError:
        raise LogError(f"{source.name}: JSON nested too deeply to be a log.") from None


def _recognizes(source: Source) -> float:
    first = source.head.lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")[:1]
    return 0.5 if first in (b"{", b"[") else 0.0


def _read(source: Source, choice: Choice) -> Table:
    document = load_json(source)
    found = _Found()
    try:
        _collect(document, "", found)
    except RecursionError:
        raise LogError(f"{source.name}: JSON nested too deeply to be a log.") from None
    columns, text = found.records, found.text
    if found.lists:
        named = {normalized(n) for n in (choice.step, *choice.roles_named()) if n}
        columns = {**_aligned(found, named), **columns}
    if not columns:
        raise LogError(f"{source.name}: no training curve here: the JSON holds no list of numbers.")
    return Table("JSON history", columns, found.notes, tuple(text))


class _Found:
    """What was met in the document."""

    def __init__(self) -> None:
        self.lists: dict[str, list[float | None]] = {}
        self.stepped: dict[str, tuple[list[float], list[float]]] = {}
        self.records: dict[str, Column] = {}
        self.text: list[str] = []
        self.notes: list[str] = []


def _collect(value: Any, name: str, found: _Found, depth: int = 0) -> None:
    """Walk the document and take the lists of numbers and of records."""
    if depth > 8:
        return
    if isinstance(value, dict):
        steps = next((k for k in ("steps", "step", "x") if isinstance(value.get(k), list)), None)
        values = next((k for k in ("values", "value", "y") if isinstance(value.get(k), list)), None)
        if name and steps and values and len(value[steps]) == len(value[values]):
            _take_stepped(value[steps], value[values], name, found)
        elif _is_numbered(value):
            _take_records([{"epoch": _number_in(k), **v} for k, v in value.items()], name, found)
        else:
            for key, inner in value.items():
                _collect(inner, f"{name}/{key}" if name else str(key), found, depth + 1)
    elif isinstance(value, list) and value:
        records = [item for item in value if isinstance(item, dict)]
        if len(records) > 0.5 * len(value):
            _take_records(records, name, found)
        elif all(isinstance(item, list) and len(item) == 2 for item in value):
            _take_stepped([v[0] for v in value], [v[1] for v in value], name, found)
        else:
            numbers = [to_number(item) for item in value]
            if sum(n is not None for n in numbers) > 0.5 * len(numbers):
                found.lists[name] = numbers


def _is_numbered(value: Mapping[str, Any]) -> bool:
    """Return whether a dictionary is a list of epochs, `{"epoch_0": {...}, "epoch_1": {...}}`."""
    return (
        len(value) > 1
        and all(isinstance(v, dict) for v in value.values())
        and all(_EPOCH_KEY.fullmatch(str(k)) for k in value)
    )


def _number_in(key: str) -> int:
    return int(re.findall(r"\d+", key)[-1])


def _take_records(records: Sequence[Mapping[str, Any]], name: str, found: _Found) -> None:
    columns, text = columns_of(records)
    if len(columns) > len(found.records):
        found.records, found.text = columns, text
    del name  # the record's own names say what they are


def _take_stepped(steps: list[Any], values: list[Any], name: str, found: _Found) -> None:
    pairs = [(to_number(s), to_number(v)) for s, v in zip(steps, values, strict=True)]
    whole = [(s, v) for s, v in pairs if s is not None and v is not None]
    if whole:
        found.lists[name] = [v for _, v in whole]
        found.stepped[name] = ([s for s, _ in whole], [v for _, v in whole])


def _aligned(found: _Found, named: set[str]) -> dict[str, Column]:
    """Put lists of different lengths on common rows."""
    if found.stepped:
        axis = np.unique(np.concatenate([np.array(s) for s, _ in found.stepped.values()]))
        out = {"step": Column.of(axis)}
        for name, (steps, values) in found.stepped.items():
            rows = np.searchsorted(axis, steps)
            rows, first = np.unique(rows, return_index=True)
            out[name] = Column(rows, np.array(values)[first])
        return out
    axes = {*STEP_AXES, *EPOCH_AXES}
    kept = {
        name: numbers
        for name, numbers in found.lists.items()
        if meaning(name).kind != "other"
        or normalized(name.rpartition("/")[2]) in axes
        or normalized(name) in named
    } or found.lists
    losses = [len(v) for n, v in kept.items() if meaning(n).kind in ("loss", "loss_like")]
    longest = max(losses or [len(v) for v in kept.values()])
    out = {}
    for name, numbers in kept.items():
        if normalized(name.rpartition("/")[2]) in axes and len(numbers) != longest:
            continue
        rows = _rows(len(numbers), longest, name, found.notes)
        logged = np.array([n is not None for n in numbers])
        array = np.array([np.nan if n is None else n for n in numbers], dtype=np.float64)
        bare = name.rpartition("/")[2]
        key = bare if normalized(bare) in axes else name
        out.setdefault(key, Column(rows[logged], array[logged]))
    return out


def _rows(length: int, longest: int, name: str, notes: list[str]) -> IntArray:
    """Return the rows on which a shorter list stands."""
    if length >= longest:
        return np.arange(length)
    every, rest = divmod(longest, length)
    if not rest:
        notes.append(f"{name}: {length} values beside {longest}; taken as one every {every}")
        return np.arange(1, length + 1) * every - 1
    if longest - length == 1:
        notes.append(f"{name}: {length} values beside {longest}; the last is missing")
        return np.arange(length)
    notes.append(f"{name}: {length} values beside {longest}; spread evenly over the run")
    return np.unique(np.round(np.linspace(0, longest - 1, length)).astype(int))


READER = Reader("json", _recognizes, _read)
