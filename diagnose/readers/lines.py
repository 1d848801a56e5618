"""Scanning printed text: each line's numbers, collected by what lines of its wording tell.

Lines are cut into words and numbers once for each wording. After that, a pattern made of the
wording takes the numbers out of a line in one go, which is what makes long logs fast to read.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.numerals import BAR, NUMBER, numbers, plainly, to_float, wording
from diagnose.readers.phrases import LOSSES, Item, Phrase, understand
from diagnose.readers.printed_table import Header, header_of, row_phrase
from diagnose.readers.source import READ_ERRORS, Source, reason

CHUNK = 1 << 20
MAX_CHARACTERS = 4000
"""What a line tells stands in its first characters; the rest of a longer one is data."""
MAX_WORDINGS = 20_000
"""Lines are understood once for each wording; of a log with more, those seen first are read."""
MAX_TOLD = 20_000_000
"""So many numbers are kept."""
SPLITS = ("", "train", "val", "test")
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_BACK = re.compile("\b+")
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+")
_UNSURE = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_PIECES = re.compile("[\0\1]|  ")


@dataclass(slots=True, eq=False)
class Told:
    """All lines of one wording.

    Attributes:
        phrase: What they say.
        skeleton: The wording.
        pattern: Matches such a line, with a group for each number that is of use; None until the
            second one comes.
        line: The numbers of the lines, from 0.
        number: (lines, numbers of use) row by row.
        after: The wording that last came after it.
        header: The column names, if such a line heads a table.
        unsure: Which of the numbers, `1,234`, may count thousands or have a decimal comma.
        with_comma: How many of the losses surely have a decimal comma.
    """

    phrase: Phrase
    skeleton: str
    pattern: re.Pattern[str] | None = None
    line: array[int] = field(default_factory=lambda: array("q"))
    number: array[float] = field(default_factory=lambda: array("d"))
    after: Told | None = None
    header: Header | None = None
    unsure: array[int] = field(default_factory=lambda: array("q"))
    with_comma: int = 0


@dataclass(slots=True, eq=False)
class Scan:
    """What the lines of a log told.

    Attributes:
        told: The wordings that tell anything, and their lines.
        heading_line: The lines that announce a part of the data.
        heading_split: Which, as its place in SPLITS.
        skipped: Lines that repeat an earlier one.
        is_cut: Whether the log tells more than is kept.
        has_decimal_commas: Whether its numbers are written as `0,52`.
    """

    told: list[Told] = field(default_factory=list)
    heading_line: array[int] = field(default_factory=lambda: array("q"))
    heading_split: array[int] = field(default_factory=lambda: array("b"))
    skipped: set[int] = field(default_factory=set)
    is_cut: bool = False
    has_decimal_commas: bool = False


def clean_blocks(source: Source) -> Iterator[list[str]]:
    """Yield a log's lines, many at a time, as a terminal would have shown them.

    Colours are taken out; a carriage return or backspaces, which draw a line anew, end a line.

    Raises:
        LogError: If the log cannot be read to its end.
    """
    carry = ""
    try:
        with source.open_text() as stream:
            while chunk := stream.read(CHUNK):
                if "\n" not in chunk and "\b" not in chunk:
                    # Of a line without an end no more is kept than is looked at.
                    if len(carry) <= MAX_CHARACTERS:
                        carry += chunk[: 4 * MAX_CHARACTERS]
                    continue
                text, end, rest = (carry + chunk).rpartition("\n")
                if not end:
                    text, rest = rest, ""
                carry = rest
                yield clean_text(text)
            if carry:
                yield clean_text(carry)
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None


def clean_text(text: str) -> list[str]:
    """Return a text's lines as a terminal would have shown them, one for each redrawing."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    if "\b" in text:
        text = _BACK.sub("\n", text)
    if "\r" in text:
        text = text.replace("\r", "\n")
    if "\0" in text or "\1" in text:
        # A wording marks its numbers and bars by these.
        text = text.replace("\0", " ").replace("\1", " ")
    return plainly(text).split("\n")


def scan(blocks: Iterable[list[str]]) -> Scan:
    """Read lines, which come many at a time."""
    found = Scan()
    known: dict[str, Told] = {}
    header: Header | None = None
    none = last = Told(Phrase(()), "")
    at = -1
    room = MAX_TOLD
    for block in blocks:
        for line in block:
            at += 1
            if len(line) > MAX_CHARACTERS:
                line = line[:MAX_CHARACTERS]
            # What came after the last line's wording the last time comes again, most often.
            told = last.after
            match = None
            if told is not None and told.pattern is not None:
                match = told.pattern.fullmatch(line)
            if told is None or match is None:
                if not line or line.isspace():
                    continue
                skeleton = wording(line)
                told = known.get(skeleton)
                if told is not None:
                    if told.pattern is None:
                        told.pattern = _pattern(skeleton, [i.at for i in told.phrase.items])
                    match = told.pattern.fullmatch(line)
                elif len(known) < MAX_WORDINGS:
                    told = known[skeleton] = _understood(line, skeleton, header)
                    if told.phrase.items:
                        found.told.append(told)
                else:
                    found.is_cut = True
                    continue
                last.after = told
            last = told
            phrase = told.phrase
            if phrase.items:
                if room <= 0:
                    found.is_cut = True
                    return _with_decimals(found)
                room -= len(phrase.items)
                told.line.append(at)
                told.number.extend(_values(told, match, line))
            elif told.header is not None and told.header != header:
                # Lines of numbers alone now belong to other columns.
                header, last = told.header, none
                none.after = None
                known.clear()
            if phrase.heading:
                found.heading_line.append(at)
                found.heading_split.append(SPLITS.index(phrase.heading))
            if phrase.best_below:
                found.skipped.add(at + 1)
    return _with_decimals(found)


def _understood(line: str, skeleton: str, header: Header | None) -> Told:
    phrase = understand(skeleton)
    if not phrase.has_quantity and header is not None:
        phrase = row_phrase(skeleton, header) or phrase
    return Told(phrase, skeleton, header=header_of(line))


def _values(told: Told, match: re.Match[str] | None, line: str) -> Iterable[float]:
    """Return a line's numbers of use."""
    if match is None:
        every = numbers(line)
        texts: Sequence[str] = [every[item.at] for item in told.phrase.items]
    else:
        texts = match.groups()
    try:
        return list(map(float, texts))
    except ValueError:
        return [
            _with_comma(told, item, len(told.number) + n, text)
            for n, (item, text) in enumerate(zip(told.phrase.items, texts, strict=True))
        ]


def _with_comma(told: Told, item: Item, at: int, text: str) -> float:
    """Read a number of a line with commas, and remember whether it tells what they mean."""
    if not item.is_quantity:
        # Beside a decimal comma, a point parts thousands.
        return to_float(text.replace(".", "") if _GROUPED.fullmatch(text) else text)
    if _UNSURE.fullmatch(text):
        told.unsure.append(at)
    elif "," in text and "." not in text and text.count(",") == 1 and item.kind in LOSSES:
        told.with_comma += 1
    return to_float(text)


def _with_decimals(found: Scan) -> Scan:
    """Settle whether `1,234` is a thousand or about one, for the whole log.

    It is a thousand where losses are told with decimal points.
    """
    commas = sum(told.with_comma for told in found.told)
    found.has_decimal_commas = commas > 0
    if not any(told.unsure for told in found.told):
        return found
    fractions = 0
    for told in found.told:
        of_loss = [n for n, item in enumerate(told.phrase.items) if item.kind in LOSSES]
        if of_loss:
            value = np.array(told.number).reshape(-1, len(told.phrase.items))[:, of_loss]
            fractions += int((np.isfinite(value) & (value % 1 != 0)).sum())
    if fractions > commas:
        return found
    found.has_decimal_commas = True
    for told in found.told:
        for at in told.unsure:
            told.number[at] /= 1000
    return found


def _pattern(skeleton: str, wanted: Sequence[int]) -> re.Pattern[str]:
    """Make the pattern of a wording's lines; no part of it is ever tried twice."""
    out, begin, at = [], 0, 0
    of_use = frozenset(wanted)
    for piece in _PIECES.finditer(skeleton):
        out.append(re.escape(skeleton[begin : piece.start()]))
        begin = piece.end()
        if piece[0] == "\0":
            number = f"(?>{NUMBER})"
            out.append(f"({number})" if at in of_use else number)
            at += 1
        else:
            out.append(f"(?>{BAR})" if piece[0] == "\1" else " {2,}+")
    out.append(re.escape(skeleton[begin:]))
    return re.compile("".join(out))
