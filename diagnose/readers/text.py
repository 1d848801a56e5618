"""Running text: the lines that a training script prints, in the words of whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column
from diagnose.readers.phrases import NUMBER, Item, Phrase, understand, without_bars, wording
from diagnose.readers.reader import Reader
from diagnose.readers.source import MAX_LINE, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

MIN_POINTS = 2
"""A quantity that is told fewer times is a setting or a summary, not a curve."""
MAX_WORDINGS = 50_000
"""Lines are understood once for each wording, up to so many."""
MAX_CHARACTERS = 1000
"""What a line tells stands in its first characters; the rest of a longer one is data."""
HEADING_HOLDS = 3
"""A line that announces a part of the data speaks for so many lines below it."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_DRAWN = re.compile("[█▏▎▍▌▋▊▉━╸#=>]{4}|[█▏▎▍▌▋▊▉]")


def clean_lines(source: Source) -> Iterator[str]:
    """Yield a log's lines as a terminal would have shown them, one for each redrawing.

    Colours are taken out; a carriage return or backspaces, which draw a line anew, end a line.

    Raises:
        LogError: If the log cannot be read to its end.
    """
    try:
        with source.open_text() as stream:
            while line := stream.readline(MAX_LINE):
                if len(line) > MAX_CHARACTERS and "\b" not in line:
                    line = line[:MAX_CHARACTERS]
                if "\x1b" in line:
                    line = _ESCAPES.sub("", line)
                if "\b" in line:
                    yield from (part[:MAX_CHARACTERS] for part in re.split("\b+", line) if part)
                else:
                    yield line
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None


class _Curves:
    """Collects the numbers of lines into columns."""

    def __init__(self) -> None:
        self.row = 0
        self.rows: dict[str, list[int]] = {}
        self.values: dict[str, list[float]] = {}
        self.epoch: float | None = None
        self.bars: dict[str, int] = {}

    def put(self, name: str, value: float) -> None:
        """Put a number into the present row; the last one of a row stays."""
        rows = self.rows.setdefault(name, [])
        if rows and rows[-1] == self.row:
            self.values[name][-1] = value
            return
        rows.append(self.row)
        self.values.setdefault(name, []).append(value)


def _recognizes(source: Source) -> float:
    """Any text may be a log, and tell its first loss far below its head."""
    lines = (without_bars(line[:MAX_CHARACTERS]) for line in source.head_lines())
    return 0.42 if any(understand(wording(line)).has_quantity for line in lines) else 0.05


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every quantity is read
    phrases: dict[str, Phrase] = {}
    curves = _Curves()
    heading, since = "", HEADING_HOLDS
    for line in clean_lines(source):
        since += 1
        if _DRAWN.search(line):
            line = without_bars(line)
        skeleton = wording(line)
        phrase = phrases.get(skeleton)
        if phrase is None:
            phrase = understand(skeleton)
            if len(phrases) < MAX_WORDINGS:
                phrases[skeleton] = phrase
        if phrase.heading:
            heading, since = phrase.heading, 0
        if phrase.items:
            _take(curves, phrase, NUMBER.findall(line), heading if since <= HEADING_HOLDS else "")
    columns = _columns(curves)
    if not columns:
        raise LogError(
            f"{source.name}: no training curve here: no line tells a loss more than once."
        )
    return Table("text", columns, [])


def _take(curves: _Curves, phrase: Phrase, numbers: list[str], heading: str) -> None:
    """Take a line's numbers; a line with a quantity makes a row."""
    for item in phrase.items:
        if item.kind == "epoch":
            curves.epoch = float(numbers[item.at])
    if not phrase.has_quantity:
        return
    if curves.epoch is not None:
        curves.put("epoch", curves.epoch)
    for item in phrase.items:
        if item.kind in ("epoch", "total"):
            continue
        value = float(numbers[item.at])
        curves.put(_column(item, heading), value / 100 if item.percent else value)
    if phrase.is_bar:
        curves.bars["bar"] = curves.row
    curves.row += 1


def _column(item: Item, heading: str) -> str:
    if item.kind in ("step", "bar", "lr", "grad_norm"):
        return item.name
    split = item.split or heading
    return f"{split} {item.name}".strip()


def _columns(curves: _Curves) -> dict[str, Column]:
    """Return the columns that are told more than once."""
    out = {}
    for name, values in curves.values.items():
        if len(values) >= MIN_POINTS:
            out[name] = Column(np.array(curves.rows[name]), np.array(values))
    axes = {"epoch", "bar"}
    return out if set(out) - axes else {}


READER = Reader(
    "text",
    _recognizes,
    _read,
    "what training programs print: most frameworks' lines, and losses told in words",
    "Epoch 1/20, train loss: 0.52, val loss: 0.61\nEpoch 2/20, train loss: 0.47, val loss: 0.59\n",
)
