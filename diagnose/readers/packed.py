"""Compressed logs: gzip, bzip2, xz, zstd, and ZIP archives that hold one log.

Sources: RFC 1952; https://www.iana.org/assignments/media-types/application/zip, section 4.3.16.
"""

from __future__ import annotations

import bz2
import gzip
import importlib
import io
import lzma
import os
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from diagnose.errors import LogError
from diagnose.readers.table import listing

MAX_RATIO = 200
FREE_BYTES = 256 << 20
"""Beyond so many bytes, what unpacks to more than MAX_RATIO times its size is no log."""
MAX_DICTIONARY = 256 << 20
"""Memory that unpacking xz may take; its strongest setting takes 65 MiB."""
MAX_MEMBERS = 1000
_CHUNK = 1 << 18
_MORSEL = 1 << 10
_END_OF_ZIP = b"PK\5\6"
_END_SIZE, _MAX_COMMENT = 22, 1 << 16
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def unpack(raw: BinaryIO, kind: str, name: str, size: int, on_cut: Callable[[], None]) -> BinaryIO:
    """Return the unpacked bytes of a stream, which is closed with them.

    Args:
        raw: The packed bytes, at their beginning.
        kind: `gzip`, `bzip2`, `xz`, `zstd` or `zip`.
        name: What to call the log in messages.
        size: The packed bytes' number.
        on_cut: Called where the packed bytes end too early; what came before is returned.

    Raises:
        LogError: If they cannot be unpacked.
    """
    if kind == "gzip":
        inner: Any = gzip.GzipFile(fileobj=raw)
    elif kind == "bzip2":
        inner = _Members(raw, bz2.BZ2Decompressor)
    elif kind == "xz":
        inner = _Members(raw, lambda: lzma.LZMADecompressor(memlimit=MAX_DICTIONARY))
    elif kind == "zstd":
        inner = _zstd(raw, name)
    else:
        inner = _only_member(raw, name)
    return cast(BinaryIO, io.BufferedReader(_Bounded(inner, raw, size, on_cut), _CHUNK))


class _Bounded(io.RawIOBase):
    """Unpacked bytes: their number is bounded, and damage is told in one way."""

    def __init__(self, inner: Any, raw: BinaryIO, size: int, on_cut: Callable[[], None]) -> None:
        super().__init__()
        self._inner, self._raw, self._on_cut = inner, raw, on_cut
        # gzip's own `read` drops what it has where the file then turns out to be cut off.
        self._read = inner.read1 if isinstance(inner, gzip.GzipFile) else inner.read
        self._room = max(FREE_BYTES, MAX_RATIO * size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._read(len(buffer))
        except EOFError:
            self._on_cut()
            chunk = b""
        except OSError as error:
            if error.errno is not None:
                raise
            raise EOFError from None
        except MemoryError:
            raise
        except Exception:
            # Each way of packing has errors of its own for damage.
            raise EOFError from None
        self._room -= len(chunk)
        if self._room < 0:
            raise OSError(
                f"it unpacks to more than {MAX_RATIO} times its size, which no log does; if it is"
                " one, unpack it first"
            )
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._inner.close()
        self._raw.close()
        super().close()


class _Members:
    """Unpacks compressed members that follow one another, as appending leaves them."""

    def __init__(self, raw: BinaryIO, make: Callable[[], Any]) -> None:
        self._raw, self._make = raw, make
        self._unpacker = make()

    def read(self, size: int) -> bytes:
        while True:
            packed = b""
            if self._unpacker.eof:
                packed = self._unpacker.unused_data.lstrip(b"\0") or self._raw.read(_CHUNK)
                if not packed:
                    return b""
                self._unpacker = self._make()
            elif self._unpacker.needs_input:
                packed = self._raw.read(_CHUNK)
                if not packed:
                    raise EOFError
            chunk: bytes = self._unpacker.decompress(packed, size)
            if chunk:
                return chunk

    def close(self) -> None:
        self._unpacker = None


def _zstd(raw: BinaryIO, name: str) -> Any:
    """Unpack with whichever of the packages that can is there."""
    for module in ("compression.zstd", "backports.zstd"):
        try:
            found = importlib.import_module(module)
        except ImportError:
            continue
        return _Members(raw, found.ZstdDecompressor)
    try:
        package = importlib.import_module("zstandard")
    except ImportError:
        raise LogError(
            f"{name}: is compressed with zstd, which this Python cannot unpack; `pip install"
            " zstandard`, or unpack it first with `zstd -d`."
        ) from None
    return _Members(raw, lambda: _Zstandard(package))


class _Zstandard:
    """The package zstandard in the manner of Python's own unpackers."""

    def __init__(self, package: Any) -> None:
        self._unpacker = package.ZstdDecompressor(max_window_size=MAX_DICTIONARY).decompressobj()
        self._packed = self._unpacked = b""

    @property
    def eof(self) -> bool:
        return bool(self._unpacker.eof) and not self._unpacked

    @property
    def needs_input(self) -> bool:
        return not self._packed and not self._unpacked

    @property
    def unused_data(self) -> bytes:
        return bytes(self._unpacker.unused_data) + self._packed

    def decompress(self, packed: bytes, size: int) -> bytes:
        self._packed += packed
        if self._packed and not self._unpacked and not self._unpacker.eof:
            # It gives all that its input holds, which is bounded through the input alone.
            self._unpacked = self._unpacker.decompress(self._packed[:_MORSEL])
            self._packed = self._packed[_MORSEL:]
        chunk, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return chunk


def _only_member(raw: BinaryIO, name: str) -> Any:
    """Open the one file that a ZIP archive holds."""
    if not raw.seekable():
        raw = io.BytesIO(raw.read())
    count = _count(raw)
    if count > MAX_MEMBERS:
        raise LogError(f"{name}: a ZIP archive of {count} files; unpack it and name the log.")
    try:
        archive = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise LogError(f"{name}: is a ZIP archive that is cut off or damaged.") from None
    members = [m for m in archive.infolist() if not m.is_dir() and not _is_litter(m.filename)]
    names = [m.filename for m in members]
    if any(n.endswith((".npy", "data.pkl", ".weights.h5")) for n in names):
        raise LogError(f"{name}: is an archive of arrays or weights, not a log.")
    if "[Content_Types].xml" in names:
        raise LogError(f"{name}: is an Office document; save its table as CSV.")
    if len(members) != 1:
        raise LogError(
            f"{name}: a ZIP archive of {len(members)} files"
            f"{f' ({listing(names, 4)})' if names else ''}; unpack it and name the log."
        )
    (member,) = members
    if member.flag_bits & 1:
        raise LogError(f"{name}: the ZIP archive is encrypted; unpack it first.")
    try:
        return archive.open(member)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError):
        raise LogError(
            f"{name}: {member.filename!r} in the ZIP archive cannot be unpacked here; unpack it"
            " first."
        ) from None


def _is_litter(name: str) -> bool:
    """Return whether a member was put there by an operating system."""
    return name.startswith(_LITTER) or name.rpartition("/")[2] in _LITTER


def _count(raw: BinaryIO) -> int:
    """Return how many members an archive says it holds, before its list of them is loaded."""
    end = raw.seek(0, os.SEEK_END)
    raw.seek(max(0, end - _MAX_COMMENT - _END_SIZE))
    tail = raw.read()
    raw.seek(0)
    at = tail.rfind(_END_OF_ZIP)
    return int.from_bytes(tail[at + 10 : at + 12], "little") if at >= 0 else 0
