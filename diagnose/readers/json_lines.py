"""JSON lines: one object a log event, as LLaMA-Factory, DETR, OpenMMLab and many scripts write."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

from diagnose.errors import LogError
from diagnose.readers.json_history import python_literal
from diagnose.readers.reader import Reader
from diagnose.readers.rows import columns_of, to_number
from diagnose.readers.source import READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

MAX_BROKEN_SHARE = 0.5
PRINTED_SHARE = 0.7
"""What a program prints is mostly other text; with fewer dictionaries it is not read here."""

MAX_RECORD = 16 << 20
"""A line of more characters is no record."""
NEAR = 0.1
"""The rows of one step by several processes are no further apart than this share of the log."""
_TRIALS = frozenset(["record_id", "trial_time", "validation_loss"])
_STEPS = "current_steps"


def parse_object(line: str) -> dict[str, Any] | None:
    """Parse one line as a JSON object; None if it is none."""
    # Some write the lines of an array, with commas between.
    line = line.strip().removesuffix(",")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = python_literal(line) if _is_printed(line) else None
    return value if isinstance(value, dict) else None


def _is_printed(line: str) -> bool:
    """Return whether a line looks as Python prints a dictionary."""
    return line.startswith("{'") and line.endswith("}")


def _recognizes(source: Source) -> float:
    lines = [line for line in source.head_lines()[:20] if line.strip()]
    if lines and lines[0].lstrip("\ufeff \t")[:1] == "[":
        return 0.0
    objects = sum("{" in line and parse_object(line) is not None for line in lines)
    if not objects:
        return 0.0
    if any(map(_is_printed, lines)) and objects < PRINTED_SHARE * len(lines):
        return 0.0
    return 0.9 if len(lines) > 1 and objects >= 0.5 * len(lines) else 0.45


def _read(source: Source, choice: Choice) -> Table:
    broken: list[int] = []
    count = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal count
        with source.open_text() as stream:
            for number, line in enumerate(_lines(stream), start=1):
                if not line.strip():
                    continue
                count += 1
                record = parse_object(line)
                if record is None:
                    broken.append(number)
                else:
                    yield record

    several: list[str] = []
    try:
        found: Iterable[dict[str, Any]] = records()
        first = parse_object(next((line for line in source.head_lines() if line.strip()), ""))
        if first is not None and first.keys() >= _TRIALS and not choice.roles_given():
            raise LogError(
                f"{source.name}: no training curve here: FLAML logs one validation loss for each"
                " trial of a search."
            )
        if first is not None and _STEPS in first:
            found = _of_one_process(list(found), several)
        columns, text, notes = columns_of(found)
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    notes += several
    if len(broken) > MAX_BROKEN_SHARE * count:
        raise LogError(
            f"{source.name}:{broken[0]}: {len(broken)} of {count} lines are no JSON objects."
        )
    if broken == [count]:
        notes.append(f"the last line (line {broken[0]}) is cut off and was left out")
    elif broken:
        notes.append(
            f"{len(broken)} lines that are no JSON objects were left out, the first is line"
            f" {broken[0]}"
        )
    return Table("JSON lines", columns, notes, text)


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield the lines; of one that is too long for a record its beginning, which is none."""
    while line := stream.readline(MAX_RECORD):
        rest = line
        while len(rest) == MAX_RECORD and not rest.endswith("\n"):
            rest = stream.readline(MAX_RECORD)
        yield line if rest is line else line[:1000]


def _of_one_process(records: list[dict[str, Any]], notes: list[str]) -> list[dict[str, Any]]:
    """Keep one process's rows where several wrote LLaMA-Factory's log at the same time.

    Each process writes every step, in its own pace; a resumed run begins again below its end.
    """
    steps = [to_number(record.get(_STEPS)) for record in records]
    trained = [(s, i) for i, s in enumerate(steps) if s is not None and "loss" in records[i]]
    processes = _processes(trained)
    if processes < 2:
        return records
    notes.append(f"{processes} processes wrote each step; the first one's rows were read")
    reached: dict[bool, list[float]] = {kind: [float("-inf")] * processes for kind in (False, True)}
    kept = []
    for record, step in zip(records, steps, strict=True):
        if step is None:
            continue
        last = reached["loss" in record]
        below = [p for p in range(processes) if last[p] < step]
        process = max(below or range(processes), key=lambda p: last[p])
        last[process] = step
        if process == 0:
            kept.append(record)
    return kept


def _processes(trained: Sequence[tuple[float, int]]) -> int:
    """Return how many processes wrote each step, of pairs of a step and its row."""
    counts = Counter(step for step, _ in trained)
    if len(counts) < 2:
        return 1
    usual = sorted(counts.values())[len(counts) // 2]
    gaps = []
    last: dict[float, int] = {}
    for step, row in trained:
        if step in last:
            gaps.append(row - last[step])
        last[step] = row
    near = max(2.0, NEAR * len(trained))
    return usual if gaps and sorted(gaps)[len(gaps) // 2] <= near else 1


READER = Reader(
    "jsonl",
    _recognizes,
    _read,
    "JSON lines, one object an event: LLaMA-Factory, OpenMMLab, detectron2, DETR, your own",
    '{"iteration": 19, "total_loss": 2.31, "lr": 0.001}\n{"iteration": 39, "total_loss": 1.9}\n',
)
