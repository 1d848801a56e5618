"""The Hugging Face Trainer's `trainer_state.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnose.errors import LogError
from diagnose.readers.json_history import load_json
from diagnose.readers.reader import Reader
from diagnose.readers.rows import columns_of
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, Table

SUMMARY = ("train_runtime", "train_samples_per_second", "total_flos")
"""Fields of the row that sums up the run; its `train_loss` is a mean over all of it, no point."""


def _recognizes(source: Source) -> float:
    head = source.head[:4096].replace(b"\0", b"")
    if b'"log_history"' in head:
        return 1.0
    return 0.95 if b'"is_hyper_param_search"' in head and b'"global_step"' in head else 0.0


def _read(source: Source, choice: Choice) -> Table:
    del choice  # every field is read
    cut: list[str] = []
    state = load_json(source, cut)
    history = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(history, list):
        raise LogError(f"{source.name}: a trainer state without 'log_history'.")
    records = [record for record in history if isinstance(record, dict) and not _is_summary(record)]
    if not records:
        raise LogError(
            f"{source.name}: no training curve here: the Trainer logged no loss before it ended"
            " (set logging_steps below the number of steps)."
        )
    columns, text, notes = columns_of(records)
    if "step" in columns:
        # The epoch is a fraction of the same progress that `step` counts.
        columns.pop("epoch", None)
    return Table("Hugging Face trainer_state.json", columns, [*cut, *notes], text)


def _is_summary(record: Mapping[str, Any]) -> bool:
    """Return whether a record sums up the run; old versions wrote `total_flos` in every one."""
    if "loss" in record or any(str(key).startswith("eval_") for key in record):
        return False
    return any(key in record for key in SUMMARY)


READER = Reader(
    "trainer_state",
    _recognizes,
    _read,
    "the Hugging Face Trainer's trainer_state.json",
    '{"log_history": [{"step": 10, "loss": 2.1}, {"step": 20, "loss": 1.7}], "global_step": 20}\n',
)
