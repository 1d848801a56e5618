"""TensorBoard event files: scalars of any version, written as simple values or as tensors.

A file is a chain of records: length (8 bytes), checksum of the length (4), an Event, checksum (4).
Sources: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto and tensor.proto;
https://www.tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.protobuf import (
    BYTES,
    FIXED32,
    VARINT,
    Malformed,
    fields,
    signed,
    single,
    varint,
)
from diagnose.readers.reader import Reader
from diagnose.readers.source import READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

_HEADER = struct.Struct("<QI")
_FLOAT = struct.Struct("<f").unpack_from
_TIME = struct.Struct("<d").unpack_from
_FOOTER = 4
CHUNK = 1 << 20
MAX_RECORD = 1 << 28
"""A record of more bytes is damage; pictures and graphs are far smaller."""
_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 19: "<f2"}
"""numpy's names of the tensor types that can hold a scalar."""
_LISTS = {5: "<f4", 6: "<f8", 7: "i1", 10: "i1"}
"""Fields that list a tensor's numbers by their type: float, double, and small integers packed."""
_VERSION = b"brain.Event:"
NO_SCALARS = "no training curve here: the event file holds no scalars"


class Scalars:
    """The scalars of one or more event files, in the order they were written."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.rows: dict[str, list[int]] = {}
        self.values: dict[str, list[float]] = {}
        self.notes: list[str] = []

    def add(self, source: Source, prefix: str = "") -> None:
        """Read an event file; its tags get a prefix.

        Raises:
            LogError: If the file cannot be read.
        """
        steps = self.steps
        lists: dict[str, tuple[list[int], list[float]]] = {}
        row = len(steps) - 1
        for step, tag, value in read_scalars(source, self.notes):
            if tag not in lists:
                name = f"{prefix}{tag}"
                lists[tag] = self.rows.setdefault(name, []), self.values.setdefault(name, [])
            rows, values = lists[tag]
            # A row is a step; a tag that comes again at its step begins another row.
            if row < 0 or steps[row] != step or (rows and rows[-1] == row):
                steps.append(step)
                row += 1
            rows.append(row)
            values.append(value)

    def table(self) -> Table:
        """Return the scalars as columns beside the step."""
        columns = {"step": Column.of(self.steps)} if self.steps else {}
        for name, rows in self.rows.items():
            key = name if name not in columns else f"{name} (tag)"
            columns[key] = Column(np.array(rows), np.array(self.values[name]))
        return Table("TensorBoard events", columns, self.notes)


def read_scalars(source: Source, notes: list[str]) -> Iterator[tuple[int, str, float]]:
    """Yield step, tag and value of each scalar of a file.

    Args:
        source: The event file.
        notes: Takes what was left out.

    Raises:
        LogError: If the file cannot be read.
    """
    tags: dict[bytes, str] = {}
    kinds: dict[bytes, bool] = {}
    prefixes: dict[bytes, str] = {}
    for event in _records(source, notes):
        try:
            known = _known(event, prefixes)
            if known is not None:
                yield known
                continue
            found = list(_scalars(event, tags, kinds))
        except (Malformed, struct.error, ValueError, TypeError, IndexError):
            notes.append("a damaged record was left out")
            continue
        yield from found


def read_times(source: Source) -> dict[str, dict[int, float]]:
    """Return for each tag at which second each of its steps was written.

    Raises:
        LogError: If the file cannot be read.
    """
    tags: dict[bytes, str] = {}
    kinds: dict[bytes, bool] = {}
    times: dict[str, dict[int, float]] = {}
    for event in _records(source, []):
        try:
            (time,) = _TIME(event, 1) if event[:1] == b"\x09" else (math.nan,)
            for step, tag, _ in _scalars(event, tags, kinds):
                times.setdefault(tag, {})[step] = time
        except (Malformed, struct.error, ValueError, TypeError, IndexError):
            continue
    return times


def _records(source: Source, notes: list[str]) -> Iterator[bytes]:
    """Yield the Events of a file; what follows damage, or was not written whole, is left out."""
    buffer, at = b"", 0
    try:
        with source.open() as stream:
            while True:
                if len(buffer) - at < _HEADER.size:
                    buffer, at = buffer[at:] + stream.read(CHUNK), 0
                    if len(buffer) < _HEADER.size:
                        break
                size, _ = _HEADER.unpack_from(buffer, at)
                if size > MAX_RECORD:
                    notes.append("the file is damaged; what follows the damage was left out")
                    return
                begin = at + _HEADER.size
                if len(buffer) - begin < size + _FOOTER:
                    buffer = buffer[begin:] + stream.read(max(CHUNK, size + _FOOTER))
                    begin = 0
                    if len(buffer) < size + _FOOTER:
                        break
                yield buffer[begin : begin + size]
                at = begin + size + _FOOTER
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    if buffer:
        notes.append("the last record is cut off and was left out")


def _known(event: bytes, prefixes: dict[bytes, str]) -> tuple[int, str, float] | None:
    """Return the scalar of an Event that differs from one before it in step and value alone.

    Args:
        event: The Event; one of the commonest form is wall_time, step, and a summary of one
            simple_value, which stands in the last four bytes.
        prefixes: Tags by the bytes between step and value, which hold every length.
    """
    if len(event) < 20 or event[0] != 0x09:
        return None
    step, at = 0, 9
    if event[9] == 0x10:
        step, at = event[10], 11
        if step > 0x7F:
            step, at = varint(event, 10)
    prefix = event[at:-4]
    tag = prefixes.get(prefix)
    if tag is None:
        size = len(prefix) - 7
        if (
            size < 1
            or size > 110
            or event[at : at + 6] != bytes((0x2A, size + 9, 0x0A, size + 7, 0x0A, size))
            or prefix[-1] != 0x15
        ):
            return None
        tag = prefixes[prefix] = prefix[6:-1].decode("utf-8", "replace")
    return step if step < 1 << 63 else signed(step), tag, _FLOAT(event, len(event) - 4)[0]


def _scalars(
    event: bytes, tags: dict[bytes, str], kinds: dict[bytes, bool]
) -> Iterator[tuple[int, str, float]]:
    """Yield the scalars of an Event: step (2) and summary (5)."""
    step = 0
    summaries = []
    for number, kind, whole, data in fields(event):
        if number == 2 and kind == VARINT:
            step = signed(whole)
        elif number == 5 and kind == BYTES:
            summaries.append(data)
    for summary in summaries:
        for number, kind, _, data in fields(summary):
            found = _value(data, kinds) if number == 1 and kind == BYTES else None
            if found is not None:
                raw, scalar = found
                if raw not in tags:
                    tags[raw] = raw.decode("utf-8", "replace")
                yield step, tags[raw], scalar


def _value(message: bytes, kinds: dict[bytes, bool]) -> tuple[bytes, float] | None:
    """Return tag and number of a Summary.Value: tag (1), simple_value (2), tensor (8)."""
    tag = b""
    scalar = None
    for number, kind, _, data in fields(message):
        if number == 1 and kind == BYTES:
            tag = data
        elif number == 2 and kind == FIXED32:
            scalar = single(data)
        elif number == 8 and kind == BYTES:
            scalar = _tensor(data)
        elif number == 9 and kind == BYTES and tag not in kinds:
            # The metadata name the plugin; a histogram is a tensor, too.
            kinds[tag] = b"scalars" in data
    if scalar is None or not tag or not kinds.get(tag, True):
        return None
    return tag, scalar


def _tensor(message: bytes) -> float | None:
    """Return the number of a TensorProto: dtype (1), content (4), float_val (5) and the like."""
    dtype, content, number = 0, b"", None
    for field, kind, whole, data in fields(message):
        if field == 1 and kind == VARINT:
            dtype = whole
        elif field == 4 and kind == BYTES:
            content = data
        elif field in _LISTS:
            number = float(signed(whole)) if kind == VARINT else _one(data, _LISTS[field])
    layout = _TYPES.get(dtype)
    return _one(content, layout) if content and layout is not None else number


def _one(raw: bytes, layout: str) -> float | None:
    """Return the one number that the bytes hold; None if they hold another count."""
    kind = np.dtype(layout)
    return float(np.frombuffer(raw, kind)[0]) if len(raw) == kind.itemsize else None


def _recognizes(source: Source) -> float:
    head = source.head
    if len(head) < _HEADER.size + 2 or head[8:12] == b"\0\0\0\0":
        return 0.0
    size, _ = _HEADER.unpack(head[: _HEADER.size])
    first = head[_HEADER.size : _HEADER.size + size]
    if size < 100 and first[:1] == b"\x09" and _VERSION in first:
        return 1.0
    return 0.9 if "tfevents" in source.name and first[:1] == b"\x09" else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every tag is read
    scalars = Scalars()
    scalars.add(source)
    if not scalars.rows:
        raise LogError(f"{source.name}: {NO_SCALARS}.")
    scalars.notes[:] = _counted(scalars.notes)
    return scalars.table()


def _counted(notes: list[str]) -> list[str]:
    """Say once, with a number, what was noted often."""
    return [
        note if notes.count(note) == 1 else f"{note} ({counted(notes.count(note), 'time')})"
        for note in dict.fromkeys(notes)
    ]


READER = Reader(
    "tensorboard",
    _recognizes,
    _read,
    "TensorBoard event files: scalars as simple values or tensors",
    "events.out.tfevents.1733903426.host.30276.0",
)
