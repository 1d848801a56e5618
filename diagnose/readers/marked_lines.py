"""JSON behind a mark on each line: NVIDIA's DLLogger, MLPerf's `:::MLLOG`, `json_stats:`.

Sources: https://github.com/NVIDIA/dllogger; https://github.com/mlcommons/logging;
https://github.com/facebookresearch/pycls/blob/main/pycls/core/logging.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from diagnose.errors import LogError
from diagnose.readers.axis import counted
from diagnose.readers.columns import meaning
from diagnose.readers.reader import Reader
from diagnose.readers.rows import columns_of, flatten, to_number
from diagnose.readers.source import MAX_LINE, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table

MARKS = (b"DLLL {", b":::MLLOG {", b"json_stats: {")
"""What stands before the JSON, up to its first brace."""
MIN_MEANS = 3
"""Means of so many epochs are the curve; of fewer, the values within the epochs are."""
_LIKELIHOOD = re.compile(r"gpt|llama|mixtral|deepseek|moe|flux", re.IGNORECASE)
"""MLPerf's generative models: what they call accuracy is the validation loss."""
_OF = re.compile(r"(\d{1,18})/\d{1,18}")
_BENCHMARK = "submission_benchmark"
_COUNTS = ("samples_count", "step", "epoch_num")
"""What a line of MLPerf may stand at, the surest first."""
MAX_RECORDS = 1_000_000
_MEASURED = ("train_loss", "eval_loss", "eval_accuracy", "validation_loss", "tracked_stats")

Record = dict[str, Any]


def _recognizes(source: Source) -> float:
    return 0.95 if any(mark in source.head for mark in MARKS) else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every field is read
    found: dict[str, list[Record]] = {}
    notes: list[str] = []
    broken = 0
    try:
        with source.open_text() as stream:
            while line := stream.readline(MAX_LINE):
                for mark in _MARKS:
                    at = line.find(mark)
                    if at < 0:
                        continue
                    record = _object(line[at + len(mark) - 1 :])
                    broken += record is None
                    kept = record and _KINDS[mark][2](record)
                    if kept:
                        found.setdefault(mark, []).append(kept)
                    break
                if sum(map(len, found.values())) >= MAX_RECORDS:
                    notes.append(f"more than {MAX_RECORDS:,} records; what follows was left out")
                    break
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read to its end: {reason(error)}") from None
    if not found:
        raise LogError(
            f"{source.name}: no training curve here: no line tells a number in whole JSON behind"
            " its mark."
        )
    mark = max(found, key=lambda key: len(found[key]))
    kind, told, _ = _KINDS[mark]
    if broken:
        notes.append(f"{counted(broken, 'line')} of broken JSON left out")
    columns, text, more = columns_of(told(found[mark], notes))
    if not columns:
        raise LogError(f"{source.name}: no training curve here: no line of {kind} tells a number.")
    return Table(kind, columns, [*notes, *more], text)


def _object(text: str) -> Record | None:
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _numbers(record: Mapping[str, Any]) -> Record:
    """Return the fields that hold one number."""
    return {name: value for name, value in record.items() if to_number(value) is not None}


def _logged(line: Record) -> Record | None:
    data = line.get("data")
    if not isinstance(data, dict) or line.get("type", "LOG") != "LOG":
        return None
    return {"step": line.get("step"), "data": _numbers(data)}


def _of_dllogger(lines: list[Record], notes: list[str]) -> Iterator[Record]:
    """Yield what was logged at a step: `[epoch, iteration, total]`, `[epoch]` or one number.

    A line whose step is `[]` sums up the run.
    """
    means, single = [], []
    for line in lines:
        data, step = line["data"], line["step"]
        counts = [to_number(c) for c in step] if isinstance(step, list) else [to_number(step)]
        if not counts or None in counts[:2]:
            continue
        if not isinstance(step, list):
            single.append({"step": counts[0], **data})
        elif len(counts) == 1:
            means.append({"epoch": counts[0], **data})
        else:
            single.append({"epoch": counts[0], "batch": counts[1], **data})
    whole = [record for record in means if _tells_training(record)]
    if len(whole) >= MIN_MEANS:
        if any(map(_tells_training, single)):
            notes.append("the means of whole epochs were read, not the values within them")
        yield from means
        return
    # In the order of the epochs a mean follows the values that it is of.
    yield from (
        sorted([*single, *means], key=lambda r: (r.get("epoch", 0), r.get("batch", float("inf"))))
        if means and all("batch" in record for record in single)
        else [*single, *means]
    )


def _tells_training(record: Mapping[str, Any]) -> bool:
    """Return whether a record tells a training loss."""
    told = [meaning(str(name)) for name, value in record.items() if to_number(value) is not None]
    return any(m.kind in ("loss", "loss_like") and m.split != "val" for m in told)


def _measured(line: Record) -> Record | None:
    if _key(line) == _BENCHMARK:
        return {"key": _BENCHMARK, "value": str(line.get("value"))}
    if _key(line) not in _MEASURED:
        return None
    value = line.get("value")
    values = _numbers(flatten(value)) if isinstance(value, dict) else value
    return {"key": _key(line), "value": values, **_place(line), **_rate(line)}


def _of_mllog(lines: list[Record], notes: list[str]) -> Iterator[Record]:
    """Yield what was measured, at the samples, the step or the epoch that its metadata tell."""
    benchmark = next((ln["value"] for ln in lines if _key(ln) == _BENCHMARK), "")
    told = [line for line in lines if _key(line) != _BENCHMARK]
    scores = [to_number(line["value"]) for line in told if _key(line) == "eval_accuracy"]
    # No accuracy is above 1.
    above = bool(scores) and all(score is not None and score > 1 for score in scores)
    is_loss = bool(_LIKELIHOOD.search(benchmark)) or above
    if is_loss and scores:
        of = f" of the benchmark {benchmark[:40]!r}" if benchmark else ""
        notes.append(f"eval_accuracy{of} is the validation loss")
    names = [name for line in told for name in _COUNTS if name in line]
    axis = next((name for name in _COUNTS if names.count(name) > 0.5 * len(told)), "")
    for line in told:
        if axis and axis not in line:
            continue
        key, value = _key(line), line["value"]
        name = "eval_loss" if is_loss and key == "eval_accuracy" else key
        values = value if isinstance(value, dict) else {name: value}
        place = {axis: line[axis]} if axis else {}
        yield {**place, **values, **({"lr": line["lr"]} if "lr" in line else {})}


def _key(line: Record) -> str:
    return str(line.get("key"))


def _place(line: Record) -> Record:
    """Return the counters of a line: in its metadata, or beside its value."""
    metadata = line.get("metadata")
    every = {**line, **(metadata if isinstance(metadata, dict) else {})}
    return {name: every[name] for name in _COUNTS if to_number(every.get(name)) is not None}


def _rate(line: Record) -> Record:
    metadata = line.get("metadata")
    rate = metadata.get("lr") if isinstance(metadata, dict) else line.get("lr")
    return {"lr": rate} if to_number(rate) is not None else {}


def _stats(line: Record) -> Record | None:
    """Return the numbers; pycls tells `"epoch": "1/100"` and the part of the data as `_type`."""
    whole = {
        name: match[1]
        if isinstance(value, str) and (match := _OF.fullmatch(value.strip()))
        else value
        for name, value in line.items()
    }
    kind = line.get("_type")
    return {**_numbers(whole), **({"_type": kind[:40]} if isinstance(kind, str) else {})}


def _of_stats(lines: list[Record], notes: list[str]) -> Iterator[Record]:
    """Yield the records: of epochs, where those and single iterations are told."""
    kinds = {line.get("_type", "") for line in lines}
    if {"train_iter", "train_epoch"} <= kinds:
        notes.append("the means of whole epochs were read, not the values within them")
    for line in lines:
        kind = line.get("_type", "")
        if not (kind.endswith("_iter") and kind.replace("_iter", "_epoch") in kinds):
            yield line


Told = Callable[[list[Record], list[str]], Iterator[Record]]
_KINDS: dict[str, tuple[str, Told, Callable[[Record], Record | None]]] = {
    # For each mark the format, its rows, and what is kept of a line.
    "DLLL {": ("DLLogger", _of_dllogger, _logged),
    ":::MLLOG {": ("MLPerf log", _of_mllog, _measured),
    "json_stats: {": ("json_stats", _of_stats, _stats),
}
_MARKS = tuple(_KINDS)
READER = Reader(
    "marked_lines",
    _recognizes,
    _read,
    "JSON behind a mark: NVIDIA's DLLogger (DLLL), MLPerf (:::MLLOG), json_stats",
    'DLLL {"type": "LOG", "step": [0, 1], "data": {"train_loss": 0.9}}\n'
    'DLLL {"type": "LOG", "step": [0, 2], "data": {"train_loss": 0.7}}\n',
)
