"""The wire format of protocol buffers, as far as logs need it.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


class Malformed(ValueError):
    """Bytes that are no message."""


def fields(message: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield each field's number, wire type, value if it is an integer, and its bytes if not.

    Raises:
        Malformed: If the bytes are no message.
    """
    at, end = 0, len(message)
    while at < end:
        key = message[at]
        at += 1
        if key > 0x7F:
            key, at = varint(message, at - 1)
        kind = key & 7
        if kind == VARINT:
            value, at = varint(message, at)
            yield key >> 3, kind, value, b""
            continue
        if kind == BYTES:
            if at < end and message[at] < 0x80:
                size, at = message[at], at + 1
            else:
                size, at = varint(message, at)
        elif kind == FIXED64:
            size = 8
        elif kind == FIXED32:
            size = 4
        else:
            raise Malformed(f"wire type {kind}")
        if at + size > end:
            raise Malformed("a field is longer than its message")
        yield key >> 3, kind, 0, message[at : at + size]
        at += size


def varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the number that is written at a place, seven bits a byte, and the place after it.

    Raises:
        Malformed: If it does not end.
    """
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Malformed("a number does not end")


def signed(value: int) -> int:
    """Return a 64-bit number that was written as unsigned."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def double(value: bytes) -> float:
    """Return the eight bytes of a double as a number."""
    return float(_DOUBLE.unpack(value)[0])


def single(value: bytes) -> float:
    """Return the four bytes of a float as a number."""
    return float(_FLOAT.unpack(value)[0])
