"""W&B run files, `run-<id>.wandb`: the history of a run as the client wrote it to disk.

Seven bytes `:W&B`, 0xBEE1, version; then records in blocks of 32 KiB as in a LevelDB log: checksum
(4 bytes), length (2), type (1: whole, 2: first, 3: middle, 4: last part). A record is a protocol
buffer whose field 2 is a row of the history.
Sources: https://github.com/google/leveldb/blob/main/doc/log_format.md;
https://github.com/wandb/wandb/blob/main/wandb/proto/wandb_internal.proto.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

from diagnose.errors import LogError
from diagnose.readers.protobuf import BYTES, Malformed, fields
from diagnose.readers.reader import Reader
from diagnose.readers.rows import columns_of
from diagnose.readers.source import READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

_MAGIC = b":W&B"
_HEADER = struct.Struct("<IHB")
_START = 7
_BLOCK = 1 << 15
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
MAX_RECORD = 1 << 28
"""A record that grows beyond so many bytes is damage."""


def _records(source: Source, notes: list[str]) -> Iterator[bytes]:
    """Yield the records of the log, whole."""
    parts: list[bytes] = []
    with source.open() as stream:
        first = True
        while block := stream.read(_BLOCK):
            at = _START if first else 0
            first = False
            while at + _HEADER.size <= len(block):
                _, size, kind = _HEADER.unpack_from(block, at)
                at += _HEADER.size
                if kind == 0 and size == 0:
                    break  # the rest of the block was set aside and never written
                piece = block[at : at + size]
                at += size
                if len(piece) < size:
                    notes.append("the last record is cut off and was left out")
                    return
                if kind in (_WHOLE, _FIRST):
                    parts = [piece]
                elif kind in (_MIDDLE, _LAST) and parts:
                    parts.append(piece)
                if sum(map(len, parts)) > MAX_RECORD:
                    parts = []
                if kind in (_WHOLE, _LAST) and parts:
                    yield b"".join(parts)
                    parts = []
    if parts:
        notes.append("the last record is cut off and was left out")


def _history(record: bytes) -> dict[str, Any] | None:
    """Return a row of the history; None if the record is another."""
    for number, kind, _, data in fields(record):
        if number == 2 and kind == BYTES:
            return dict(_item(item) for n, k, _, item in fields(data) if n == 1 and k == BYTES)
    return None


def _item(message: bytes) -> tuple[str, Any]:
    """Return name and value of a HistoryItem: key (1), nested_key (2), value_json (16)."""
    keys: list[str] = []
    value: Any = None
    for number, kind, _, data in fields(message):
        if kind == BYTES and number in (1, 2):
            keys.append(data.decode("utf-8", "replace"))
        elif kind == BYTES and number == 16:
            try:
                value = json.loads(data)
            except (ValueError, RecursionError):
                value = None
    return "/".join(key for key in keys if key), value


def _rows(source: Source, notes: list[str]) -> Iterator[dict[str, Any]]:
    for record in _records(source, notes):
        try:
            row = _history(record)
        except (Malformed, TypeError, ValueError):
            notes.append("a damaged record was left out")
            continue
        if row:
            yield {name: value for name, value in row.items() if _is_metric(name, value)}


def _is_metric(name: str, value: Any) -> bool:
    """Return whether an item is a number of the run, not a picture or a clock."""
    return name not in ("_runtime", "_timestamp", "_wandb") and isinstance(value, int | float | str)


def _recognizes(source: Source) -> float:
    return 1.0 if source.head.startswith(_MAGIC) else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every metric is read
    notes: list[str] = []
    try:
        columns, text, more = columns_of(_rows(source, notes))
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    if not columns:
        raise LogError(f"{source.name}: no training curve here: the run logged no history.")
    return Table("W&B run file", columns, [*dict.fromkeys(notes), *more], text)


READER = Reader(
    "wandb",
    _recognizes,
    _read,
    "W&B run files, as the client writes them to disk",
    "wandb/run-20240501_120000-ab12cd34/run-ab12cd34.wandb",
)
