"""CatBoost's `catboost_training.json`, and what the columns of its tables of errors are."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column
from diagnose.readers.json_history import load_json
from diagnose.readers.reader import Reader
from diagnose.readers.rows import to_number
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, Table

_OBJECTIVES = re.compile(
    # Objectives whose names do not say that they are losses; all of them are minimized.
    # https://catboost.ai/docs/en/concepts/loss-functions
    r"(MultiClass|MultiClassOneVsAll|CrossEntropy|Poisson|Quantile|MultiQuantile|MAPE|Lq|Huber"
    r"|Expectile|Tweedie|LogLinQuantile|MultiLogloss|MultiCrossEntropy|LogCosh)\b"
)


def column_name(split: str, metric: str) -> str:
    """Name a column after the set it was measured on, `learn` or `test`, and its metric."""
    return f"{split}/{metric}{' loss' if _OBJECTIVES.match(metric) else ''}"


def _recognizes(source: Source) -> float:
    return 0.95 if b'"learn_metrics"' in source.head and b'"meta"' in source.head else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every metric is read
    notes: list[str] = []
    document = load_json(source, notes)
    meta = document.get("meta") if isinstance(document, dict) else None
    rows = document.get("iterations") if isinstance(document, dict) else None
    if not isinstance(meta, dict) or not isinstance(rows, list):
        raise LogError(f"{source.name}: no training curve here: it tells no iterations.")
    names = {
        split: [
            str(metric.get("name")) if isinstance(metric, dict) else str(metric)
            for metric in _listed(meta, f"{split}_metrics")
        ]
        for split in ("learn", "test")
    }
    found: dict[str, tuple[list[int], list[float]]] = {}
    kept = [row for row in rows if isinstance(row, dict)]
    for number, row in enumerate(kept):
        values = [("iteration", row.get("iteration"))]
        for split, metrics in names.items():
            # With several test sets their values follow one another; the first set's come first.
            pairs = zip(metrics, _listed(row, split), strict=False)
            values += [(column_name(split, metric), value) for metric, value in pairs]
        for name, value in values:
            point = to_number(value)
            if point is not None:
                taken = found.setdefault(name, ([], []))
                if taken[0][-1:] != [number]:
                    taken[0].append(number)
                    taken[1].append(point)
    columns = {n: Column(np.array(at), np.array(values)) for n, (at, values) in found.items()}
    if set(columns) <= {"iteration"}:
        raise LogError(f"{source.name}: no training curve here: no iteration tells an error.")
    return Table("CatBoost", columns, notes)


def _listed(holder: dict[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


READER = Reader(
    "catboost",
    _recognizes,
    _read,
    "CatBoost's catboost_training.json",
    '{"meta": {"learn_metrics": [{"name": "Logloss"}], "test_metrics": [{"name": "Logloss"}]},'
    ' "iterations": [\n{"learn": [0.69], "iteration": 0, "test": [0.70]},\n'
    '{"learn": [0.68], "iteration": 1, "test": [0.69]}]}\n',
)
