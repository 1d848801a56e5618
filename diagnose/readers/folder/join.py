"""From the several files of one run to its table: joined on the step."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from diagnose.errors import LogError
from diagnose.readers import delimited, tensorboard
from diagnose.readers.axis import RESUMED_SHARE, Column, counted, counts_epochs
from diagnose.readers.columns import choose_axis, meaning, normalized
from diagnose.readers.folder import found as kinds
from diagnose.readers.folder.layouts import epoch_of
from diagnose.readers.json_history import load_json
from diagnose.readers.rows import columns_of, to_number
from diagnose.readers.source import Source
from diagnose.readers.table import Choice, Curve, Table, aligned

Part = tuple[str, Table]
"""A table and what goes before the names of its columns."""
_WRITTEN = re.compile(r"tfevents\.(\d{9,11})")


def tables_of(path: str, way: kinds.Way, choice: Choice) -> list[tuple[str, Table]]:
    """Read the files of a run that tell it together.

    Args:
        path: What the run is called after.
        way: How to read which files.
        choice: Columns that the user named.

    Returns:
        What each run is called after and its table; one, unless the files are of several runs.

    Raises:
        LogError: If none of them can be read.
    """
    if way.how == kinds.EVENTS:
        return _events(path, way.files[0], way.files[1:], choice)
    if way.how == kinds.CATBOOST:
        table = _catboost(way.files, choice)
    elif way.how == kinds.DVCLIVE:
        table = _dvclive(way.files[0], way.files[1:], choice)
    elif way.how == kinds.MLFLOW:
        table = _mlflow(way.files[0], way.files[1:])
    elif way.how == kinds.ALLENNLP:
        table = _allennlp(way.files)
    else:
        table = _pair(way.files, choice)
    return [(path, table)]


def latest_state(paths: Sequence[str]) -> tuple[str, list[str]]:
    """Find the Hugging Face state of most steps; the first of them where several have as many.

    Returns:
        Its path, and notes on the others that cannot be read.
    """
    steps = []
    problems: dict[str, str] = {}
    for path in paths:
        try:
            state = load_json(Source(path))
        except LogError as error:
            steps.append(-1.0)
            problems[path] = f"not read: {str(error).removesuffix('.')}"
            continue
        step = to_number(state.get("global_step")) if isinstance(state, dict) else None
        steps.append(-1.0 if step is None or step != step else step)
    latest = paths[int(np.argmax(steps))]
    return latest, [problem for path, problem in problems.items() if path != latest]


def stacked(parts: Sequence[Part], name: str) -> Table:
    """Put tables one below the other: their steps share a column, other names get a prefix."""
    columns: dict[str, list[Column]] = {}
    notes: list[str] = []
    breaks: list[int] = []
    start = 0
    axis_names: dict[str, str] = {}
    for prefix, table in parts:
        axes = {axis for axis in choose_axis(list(table.columns)) if axis is not None}
        rows = 0
        for field, column in table.columns.items():
            own = axis_names.setdefault(normalized(field), field) if field in axes else ""
            columns.setdefault(own or f"{prefix}{field}", []).append(
                Column(column.row + start, column.value)
            )
            rows = max(rows, 1 + int(column.row[-1])) if len(column.row) else rows
        notes += [f"{prefix.rstrip('/')}: {note}" if prefix else note for note in table.notes]
        breaks += [start + row for row in table.breaks]
        start += rows
    return Table(
        name,
        {
            field: Column(
                np.concatenate([part.row for part in found]),
                np.concatenate([part.value for part in found]),
            )
            for field, found in columns.items()
        },
        list(dict.fromkeys(notes)),
        breaks=tuple(breaks),
    )


def _events(path: str, root: str, files: Sequence[str], choice: Choice) -> list[tuple[str, Table]]:
    """Join TensorBoard's event files, and tell restarts from separate runs."""
    problem: LogError | None = None
    left_out: list[str] = []
    by_prefix: dict[str, list[_Events]] = {}
    for file in sorted(files, key=_begun):
        try:
            table = tensorboard.READER.table(Source(file), choice)
        except LogError as error:
            # A run that was begun and logged nothing leaves such files.
            problem = problem or error
            if tensorboard.NO_SCALARS not in str(error):
                left_out.append(_left_out(error))
            continue
        inner = os.path.relpath(os.path.dirname(file) or ".", root or ".")
        prefix = "" if inner == "." else f"{inner.replace(os.sep, '/')}/"
        by_prefix.setdefault(prefix, []).append(_Events(file, _curves(table), table.notes))
    if not by_prefix:
        raise problem or LogError(f"{root}: no training curve here: no event file holds scalars.")
    main = max(by_prefix, key=lambda prefix: sum(map(_points, by_prefix[prefix])))
    runs: list[_Joined] = []
    for events in by_prefix.pop(main):
        if not runs or not runs[-1].goes_on(main, events):
            runs.append(_Joined(_begun(events.path), events.path))
        runs[-1].add(main, events)
    for prefix, found in by_prefix.items():
        for events in found:
            # A part belongs to the run that had been begun when it was.
            begun = [run for run in runs if run.begun <= _begun(events.path)] or runs[:1]
            begun[-1].add(prefix, events)
    tables = [(run.path if len(runs) > 1 else path, run.table()) for run in runs]
    for _, table in tables:
        table.notes += left_out
    return tables


def _left_out(error: LogError) -> str:
    return f"left out: {str(error).removesuffix('.')}"


class _Events(NamedTuple):
    """One event file: its path, the curves of its tags, and notes."""

    path: str
    curves: dict[str, Curve]
    notes: list[str]


class _Joined:
    """The event files of one run."""

    def __init__(self, begun: int, path: str) -> None:
        self.begun, self.path = begun, path
        self._curves: dict[str, Curve] = {}
        self._notes: list[str] = []
        self._files: list[tuple[str, str]] = []

    def goes_on(self, prefix: str, events: _Events) -> bool:
        """Return whether a file goes on where the run ended, or logs other quantities of it."""
        shared = [tag for tag in events.curves if f"{prefix}{tag}" in self._curves]
        if not shared:
            return True
        tag = max(shared, key=lambda t: len(self._curves[f"{prefix}{t}"][0]))
        old, new = self._curves[f"{prefix}{tag}"][0], events.curves[tag][0]
        return bool(new.min() > old.min() + RESUMED_SHARE * (old.max() - old.min()))

    def add(self, prefix: str, events: _Events) -> None:
        """Add a file; what it logs again replaces what was logged before."""
        self._files.append((prefix, events.path))
        self._notes += [f"{os.path.basename(events.path)}: {note}" for note in events.notes]
        replaced = 0
        for tag, (steps, values) in events.curves.items():
            name = f"{prefix}{tag}"
            if name in self._curves:
                old_steps, old_values = self._curves[name]
                kept = old_steps < steps.min()
                replaced = max(replaced, int((~kept).sum()))
                steps = np.concatenate([old_steps[kept], steps])
                values = np.concatenate([old_values[kept], values])
            self._curves[name] = steps, values
        if replaced:
            self._notes.append(
                f"the run was resumed: {counted(replaced, 'point')} that it then logged again"
                " replaced"
            )

    def table(self) -> Table:
        number = len(self._files)
        joined = [f"{number} event files were joined on the step"] if number > 1 else []
        self._place_epochs()
        return aligned(self._curves, "TensorBoard events", [*joined, *self._notes])

    def _place_epochs(self) -> None:
        """Place what counts epochs at the training step that was reached when it was written."""
        trained = [
            t for t in self._curves if meaning(t).kind == "loss" and meaning(t).split != "val"
        ]
        main = max(trained, key=lambda tag: len(self._curves[tag][0]), default=None)
        if main is None:
            return
        steps = self._curves[main][0]
        counting = [tag for tag, (at, _) in self._curves.items() if counts_epochs(at, steps)]
        if not counting:
            return
        times: dict[str, dict[int, float]] = {}
        for prefix, path in self._files:
            for tag, told in tensorboard.read_times(Source(path)).items():
                times.setdefault(f"{prefix}{tag}", {}).update(told)
        written = np.array([times[main].get(int(step), np.nan) for step in steps])
        for tag in counting:
            at, values = self._curves[tag]
            then = np.array([times[tag].get(int(step), np.nan) for step in at])
            moved = steps[np.maximum(np.searchsorted(written, then, side="right") - 1, 0)]
            if (np.diff(moved) > 0).all() and (moved > at).all() and np.isfinite(then).all():
                self._curves[tag] = moved, values
                self._notes.append(
                    f"{tag!r} counts epochs; its values were placed at the step of {main!r} that"
                    " was reached when they were written"
                )


def _curves(table: Table) -> dict[str, Curve]:
    step = table.columns["step"]
    return {
        name: (step.value[np.searchsorted(step.row, column.row)], column.value)
        for name, column in table.columns.items()
        if name != "step" and len(column.row)
    }


def _begun(path: str) -> int:
    """Return the second at which an event file was begun, which stands in its name."""
    match = _WRITTEN.search(os.path.basename(path))
    return int(match[1]) if match else 0


def _points(events: _Events) -> int:
    return sum(len(steps) for steps, _ in events.curves.values())


def _catboost(files: Sequence[str], choice: Choice) -> Table:
    parts: list[Part] = []
    notes = []
    problem: LogError | None = None
    for path in files:
        try:
            parts.append(("", delimited.READER.table(Source(path), choice)))
        except LogError as error:
            problem = problem or error
            notes.append(_left_out(error))
    if not parts and problem is not None:
        raise problem
    table = stacked(parts, "CatBoost")
    table.notes += notes
    return table


def _dvclive(root: str, files: Sequence[str], choice: Choice) -> Table:
    """Each file holds one metric, which its path names, beside its steps."""
    series = {}
    notes = []
    problem: LogError | None = None
    for path in files:
        try:
            table = delimited.READER.table(Source(path), choice)
        except LogError as error:
            problem = problem or error
            notes.append(_left_out(error))
            continue
        step, epoch = choose_axis(list(table.columns))
        axis = step or epoch
        values = [name for name in table.columns if name != axis and name != "timestamp"]
        if axis is None or not values:
            continue
        column = table.columns[values[-1]]
        steps = table.columns[axis]
        column = column.where(np.isin(column.row, steps.row))
        at = steps.value[np.searchsorted(steps.row, column.row)]
        if len(at) and np.isfinite(at).all():
            name = os.path.relpath(path, root).replace(os.sep, "/").removesuffix(".tsv")
            series[name] = (at, column.value)
    if not series:
        raise problem or LogError(f"{root}: no training curve here: no file holds a metric.")
    return aligned(series, "DVCLive", notes)


def _mlflow(root: str, files: Sequence[str]) -> Table:
    """Each file holds one metric, which its path names: lines of time, value and step."""
    from diagnose.readers import mlflow  # noqa: PLC0415 (few logs are of this format)

    series = {}
    notes = []
    for path in files:
        try:
            table = mlflow.READER.table(Source(path), Choice())
        except LogError as error:
            notes.append(_left_out(error))
            continue
        name = os.path.relpath(path, root).replace(os.sep, "/")
        step = table.columns.pop("step", None)
        for column in table.columns.values():
            # Old versions wrote no step.
            at = column.row.astype(float) if step is None else step.value[column.row]
            known = np.isfinite(at)
            if known.any():
                series[name] = (at[known], column.value[known])
    if not series:
        raise LogError(f"{root}: no training curve here: no file holds a metric.")
    return aligned(series, "MLflow", notes)


def _allennlp(files: Sequence[str]) -> Table:
    """Each file sums up one epoch; beside the means it repeats the best epoch's."""
    records: list[dict[str, Any]] = []
    notes = []
    for path in files:
        try:
            record = load_json(Source(path))
        except LogError as error:
            notes.append(_left_out(error))
            continue
        if isinstance(record, dict):
            kept = {
                key: value
                for key, value in record.items()
                if str(key).startswith(("training_", "validation_"))
            }
            records.append({"epoch": epoch_of(os.path.basename(path)), **kept})
    columns, text, more = columns_of(records)
    return Table("AllenNLP", columns, [*notes, *more], text)


def _pair(files: Sequence[str], choice: Choice) -> Table:
    """Join a file of the training curve and one of the validation curve.

    Raises:
        LogError: If either tells both curves itself, or they share no axis.
    """
    from diagnose.readers import read_table  # noqa: PLC0415 (imports this package)

    parts: list[Part] = []
    axes = []
    for path in files:
        table = read_table(Source(path), choice)
        if {meaning(name).split for name in table.columns} >= {"train", "val"}:
            raise LogError(f"{path}: tells training and validation itself.")
        axes.append(next((a for a in choose_axis(list(table.columns)) if a is not None), None))
        stem = os.path.basename(path).partition(".")[0]
        if any(name == stem or meaning(name).split for name in table.columns):
            stem = ""
        parts.append((f"{stem}/" if stem else "", table))
    if len({axis is None or normalized(axis) for axis in axes}) > 1:
        raise LogError(f"{files[0]}: counts other steps than {os.path.basename(files[1])}.")
    if axes[0] is not None:
        return stacked(parts, parts[0][1].format)
    lengths = {max(len(c.row) for c in table.columns.values()) for _, table in parts}
    if len(lengths) > 1:
        raise LogError(f"{files[0]}: has other rows than {os.path.basename(files[1])}.")
    columns = {f"{prefix}{n}": c for prefix, table in parts for n, c in table.columns.items()}
    return Table(parts[0][1].format, columns, [n for _, table in parts for n in table.notes])
