"""Where the bytes of a log come from: a file, standard input, plain or compressed."""

from __future__ import annotations

import codecs
import io
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from diagnose.errors import LogError

if TYPE_CHECKING:
    from diagnose.readers.layout import Layout

READ_ERRORS = (OSError, EOFError, zlib.error)
"""What reading a stream can raise; the last one comes from a damaged compressed file."""
CUT_OFF = "the compressed file is cut off or damaged."
HEAD_BYTES = 1 << 16
HEAD_LINES = 100
HEAD_CHARACTERS = 4 << 20
MAX_LINE = 1 << 20
"""The head's lines are read up to these sizes; a line of MAX_LINE characters is cut."""
MAX_BYTES = 1 << 30
"""Whole-document formats and standard input are held in memory up to this size."""

_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
)
_TAR = b"ustar"
_TAR_AT = 257

_CONTROL = bytes(b for b in range(32) if b not in b"\a\b\t\n\f\r\x1b")
_FOREIGN = (
    # What a file is, by its first bytes, when it is not a log of numbers and text.
    (b"\x89HDF\r\n", "an HDF5 file (weights, most often), not a log"),
    (b"\x93NUMPY", "a NumPy array file; pass its columns to diagnose.diagnose(train_loss=...)"),
    (b"PK\x03\x04", "an archive within an archive; unpack it first"),
    (b"PAR1", "a Parquet file; save the table as CSV"),
    (b"\x1f\x8b", "compressed twice; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack the log first"),
    (b"Rar!\x1a\x07", "a RAR archive; unpack the log first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer; run `git lfs pull` to fetch the log itself"),
)


class Source:
    """One log, readable from its beginning as often as a reader needs.

    Attributes:
        name: What to call it in messages.
        size: Its size in bytes as stored, 0 where unknown.
        head: The first 64 KiB, decompressed.
        encoding: Its text encoding, as far as the head tells.
        is_text: Whether it holds text, as far as the head tells.
        is_cut: Whether it was found to be compressed, and cut off.
        layout: The table layout that its recognition found, so that reading need not look again.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path | None = None
        self._bytes: bytes | None = None
        self._packing = ""
        self.is_cut = False
        self.head = b""
        self.encoding = "utf-8"
        self.is_text = True
        self._lines: list[str] | None = None
        self.layout: Layout | None = None
        if str(path) == "-":
            self.name = "<stdin>"
            # A program started without standard input has none.
            self._hold(sys.stdin.buffer if sys.stdin else io.BytesIO())
        else:
            self.path = Path(path)
            # A name that is no text is shown by the numbers of its bytes.
            self.name = str(path).encode("utf-8", "backslashreplace").decode()
            self.size = self._stored_size(self.path)
            if not self.path.is_file():
                # A pipe, as `<(zcat log.gz)` makes it, can be read only once.
                with self.open() as stream:
                    self._hold(stream)
        self.head = self._peek()
        packing = next((kind for magic, kind in _PACKED if self.head.startswith(magic)), "")
        if packing:
            self._packing, self.head = packing, b""
            self.head = self._peek()
        self._check_content()

    def _stored_size(self, path: Path) -> int:
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            raise LogError(f"{self.name}: {reason(error)}") from None
        if path.is_dir():
            raise LogError(f"{self.name}: is a folder; name the log file in it.")
        return status.st_size

    def _hold(self, stream: BinaryIO) -> None:
        """Keep what can be read only once."""
        try:
            self._bytes = stream.read(MAX_BYTES + 1)
        except (*READ_ERRORS, ValueError) as error:  # ValueError: standard input was closed
            raise LogError(f"{self.name}: {reason(error)}") from None
        self.size = len(self._bytes)
        if self.size > MAX_BYTES:
            raise LogError(f"{self.name}: more than {MAX_BYTES >> 30} GiB; save it to a CSV file.")

    def _peek(self) -> bytes:
        with self.open() as stream:
            try:
                return stream.read(HEAD_BYTES)
            except READ_ERRORS as error:
                raise LogError(f"{self.name}: {reason(error)}") from None

    def _check_content(self) -> None:
        head = self.head
        if not head.lstrip(b"\xef\xbb\xbf\xff\xfe").strip():
            if self.is_cut:
                raise LogError(f"{self.name}: {CUT_OFF}")
            raise LogError(f"{self.name}: the file is empty.")
        for magic, what in _FOREIGN:
            if head.startswith(magic):
                raise LogError(f"{self.name}: is {what}.")
        if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
            raise LogError(f"{self.name}: is a tar archive; unpack it first.")
        if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
            raise LogError(
                f"{self.name}: is a pickle; it could run any code, so it is never loaded."
                " Save the losses as CSV or JSON."
            )
        self.encoding = _unicode(head)
        self.is_text = self.encoding != "utf-8" or not _is_binary(head)
        if self.is_text and self.encoding == "utf-8" and not head.isascii():
            from diagnose.readers.charset import find_charset  # noqa: PLC0415 (most are ASCII)

            self.encoding = find_charset(head)

    def open(self) -> BinaryIO:
        """Open the log's bytes, decompressed, at their beginning."""
        if 0 < len(self.head) < HEAD_BYTES:
            # The head is the whole log, as it was when it was first looked at.
            return io.BytesIO(self.head)
        try:
            if self._bytes is not None or self.path is None:
                raw: BinaryIO = io.BytesIO(self._bytes or b"")
            else:
                raw = self.path.open("rb")
        except OSError as error:
            raise LogError(f"{self.name}: {reason(error)}") from None
        if not self._packing:
            return raw
        from diagnose.readers.packed import unpack  # noqa: PLC0415 (few logs are compressed)

        try:
            return unpack(raw, self._packing, self.name, self.size, self._cut)
        except LogError:
            raw.close()
            raise

    def _cut(self) -> None:
        self.is_cut = True

    def open_text(self) -> TextIO:
        """Open the log as text at its beginning; undecodable bytes become U+FFFD."""
        return io.TextIOWrapper(self.open(), encoding=self.encoding, errors="replace", newline=None)

    def pieces(self, size: int) -> Iterator[str]:
        """Yield the log as text, some whole lines at a time, their ends as `open_text` has them.

        A quoted cell that spans lines is not cut, unless it is longer than a piece; a line is cut
        only where it is longer than MAX_LINE. The last piece is no short one, if the log is not.

        Args:
            size: About how many bytes a piece takes.
        """
        decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(self.encoding)("replace"), translate=True
        )
        rest = ""
        with self.open() as stream:
            data, following = stream.read(size), stream.read(size)
            while data:
                further = stream.read(size) if following else b""
                if not further:
                    data, following = data + following, b""
                text = rest + decoder.decode(data, final=not following)
                end = len(text)
                if following:
                    end = text.rfind("\n") + 1
                    if '"' in text and text.count('"', 0, end) % 2:
                        end = text.rfind("\n", 0, text.rfind('"', 0, end)) + 1 or end
                    if not end and len(text) >= MAX_LINE:
                        end = len(text)
                if end:
                    yield text[:end]
                rest = text[end:]
                data, following = following, further

    def text(self) -> str:
        """Return the whole log as text.

        Raises:
            LogError: If it is larger than a document may be, or cannot be decompressed.
        """
        with self.open() as stream:
            try:
                content = stream.read(MAX_BYTES + 1)
            except READ_ERRORS as error:
                raise LogError(f"{self.name}: {reason(error)}") from None
        if len(content) > MAX_BYTES:
            raise LogError(f"{self.name}: more than {MAX_BYTES >> 30} GiB of one JSON document.")
        return content.decode(self.encoding, errors="replace")

    def head_lines(self) -> list[str]:
        """Return the first lines, without their ends, split where `open_text` splits them."""
        if self._lines is None and len(self.head) < HEAD_BYTES:
            text = self.head.decode(self.encoding, errors="replace")
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            self._lines = text.removesuffix("\n").split("\n", HEAD_LINES)[:HEAD_LINES]
        if self._lines is None:
            lines: list[str] = []
            room = HEAD_CHARACTERS
            try:
                with self.open_text() as stream:
                    while len(lines) < HEAD_LINES and room > 0:
                        line = stream.readline(MAX_LINE)
                        if not line:
                            break
                        lines.append(line.removesuffix("\n"))
                        room -= len(line)
                        if len(line) == MAX_LINE and not line.endswith("\n"):
                            break
            except READ_ERRORS as error:
                raise LogError(f"{self.name}: {reason(error)}") from None
            self._lines = lines
        return self._lines


def _unicode(head: bytes) -> str:
    """Return the text encoding that the byte-order mark, or the pattern of zero bytes, tells."""
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if head[:4] in (b"\xff\xfe\0\0", b"\0\0\xfe\xff"):
        return "utf-32"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    sample = head[:512]
    if len(sample) >= 16:
        odd, even = sample[1::2].count(0), sample[::2].count(0)
        if odd > 0.4 * len(sample) / 2 and even == 0:
            return "utf-16-le"
        if even > 0.4 * len(sample) / 2 and odd == 0:
            return "utf-16-be"
    return "utf-8"


def _is_binary(head: bytes) -> bool:
    """Return whether the bytes are no text: zeros, or many control characters."""
    sample = head[:4096]
    control = len(sample) - len(sample.translate(None, _CONTROL))
    return b"\0" in sample or control > 0.1 * len(sample)


def reason(error: Exception) -> str:
    """Say what the system said about a file that cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file."
    if isinstance(error, PermissionError):
        return "no permission to read it."
    if isinstance(error, EOFError) or type(error).__name__ in ("BadGzipFile", "error"):
        return CUT_OFF
    return f"{getattr(error, 'strerror', None) or error}."
