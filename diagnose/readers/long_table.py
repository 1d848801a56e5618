"""Long tables: the run, the part of the data or the quantity of a number stands in a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.body import BLANK, Body
from diagnose.readers.columns import (
    SPLIT_COLUMNS,
    TRAINING,
    VALIDATION,
    choose_axis,
    meaning,
    normalized,
    words,
)
from diagnose.readers.rows import Cells
from diagnose.readers.table import Table, aligned, listing
from diagnose.run import IntArray

RUNS = frozenset(
    # Columns that name the run of a row, in words or by a number.
    [
        "run", "run_id", "run_uuid", "run_name", "name", "id", "experiment", "experiment_id",
        "experiment_name", "exp", "exp_name", "config", "config_name", "model", "model_name",
        "trial", "trial_id", "trial_name", "trial_number", "fold", "cv_fold", "kfold", "seed",
        "random_seed", "random_state", "rep", "repeat", "repetition", "replicate",
    ]
)  # fmt: skip
METRICS = ("metric", "metric_name", "metric_key", "variable", "tag", "key", "name", "quantity")
"""Columns that name the quantity of a value, the surest first."""
VALUES = ("value", "metric_value", "val")
NOT_A_NUMBER = "is_nan"
"""MLflow stores a NaN as 0, and says so in this column."""
IS_OF_RUNS = "is a table of runs, one a row, not the curve of one run; export the history of a run"
MAX_RUNS = 1000
SHARED_STEPS = 1.5
"""Runs have steps in common; their points are more than the distinct steps by this factor."""


class Keys(NamedTuple):
    """The columns whose cells say what a row's numbers are of; None, or empty, if there is none.

    Attributes:
        runs: Columns that name the run.
        split: The column that names the part of the data.
        metric: The column that names the quantity, if the rest of the row is one value of it.
        value: The column of that value.
    """

    runs: tuple[str, ...] = ()
    split: str | None = None
    metric: str | None = None
    value: str | None = None

    @property
    def is_long(self) -> bool:
        """Whether a cell of text must be read to know what a number is of."""
        return bool(self.runs or self.split or self.metric)


def is_long(names: Iterable[str]) -> bool:
    """Return whether a header may be that of a table of quantities and values."""
    forms = set(map(normalized, names))
    return not forms.isdisjoint(METRICS) and not forms.isdisjoint(VALUES)


def find_keys(names: Sequence[str], text: Mapping[str, str], sample: Sequence[list[str]]) -> Keys:
    """Find the columns of text that say what the numbers of a row are of.

    Args:
        names: The table's columns.
        text: Those that hold text.
        sample: The cells of some rows.
    """
    forms = {normalized(name): name for name in reversed(names)}
    split = next((n for n in names if normalized(n) in SPLIT_COLUMNS and n in text), None)
    value = next(
        (forms[form] for form in VALUES if form in forms and forms[form] not in text), None
    )
    metric = None
    for form in METRICS if value is not None else ():
        name = forms.get(form)
        if name in text and name is not None:
            at = names.index(name)
            told = {row[at].strip() for row in sample if at < len(row)}
            if any(meaning(cell).kind != "other" for cell in told):
                metric = name
                break
    runs = tuple(n for n in names if normalized(n) in RUNS and n in text and n != metric)
    if metric is not None:
        runs += tuple(n for n in names if is_run(n) and n not in (*text, metric))
    return Keys(runs, split, metric, value if metric else None)


def read_long(
    rows: Iterable[tuple[int, list[str] | None]],
    body: Body,
    keys: Keys,
    numeric: Sequence[str],
    source: str,
) -> Table:
    """Read rows whose runs, parts or quantities stand in cells of text.

    Args:
        rows: The line's number and the cells of each row; None where a header stands again.
        body: What knows the columns, and remembers what cannot be used.
        keys: The columns that say what a row is of.
        numeric: The other columns, as far as they hold numbers.
        source: The log's name, for messages.

    Raises:
        LogError: If each row is another run.
    """
    if keys.metric is not None:
        return _pivoted(rows, body, keys, numeric, source)
    found = Cells(body.axes)
    places = [(body.names.index(name), name) for name in numeric]
    run_of: list[int] = []
    labels: dict[str, int] = {}
    for number, cells in rows:
        if cells is None:
            body.problems.breaks.append(len(run_of))
            continue
        label, part = _place(cells, body, keys)
        found.begin(part)
        for index, name in places:
            value = body.number(cells[index], index, number)
            if value != BLANK:
                found.add(len(run_of), part, name, value)
        run_of.append(labels.setdefault(label, len(labels)))
    columns = found.columns()
    table = Table("CSV", columns, body.notes(), {}, tuple(body.problems.breaks))
    if keys.split is not None and not set(columns) <= set(body.names):
        table.notes.append(f"rows were told apart by column {keys.split!r}")
    return _apart(table, np.array(run_of, dtype=np.int64), list(labels), keys.runs, source)


def told_apart(table: Table, source: str) -> Table:
    """Tell runs apart by columns of numbers, as `fold` or `seed`.

    Raises:
        LogError: If each row is another run, and none has a step.
    """
    rows = 1 + max((int(c.row[-1]) for c in table.columns.values() if len(c.row)), default=-1)
    keys = [
        name
        for name, column in table.columns.items()
        if is_run(name) and len(column.row) == rows > 1 and np.ptp(column.value) > 0
    ]
    if not keys:
        return table
    block = np.column_stack([table.columns[name].value for name in keys])
    distinct, run_of = np.unique(block, axis=0, return_inverse=True)
    if len(distinct) > 0.5 * rows and choose_axis(list(table.columns)) != (None, None):
        return table
    labels = [
        ", ".join(f"{name} {value:g}" for name, value in zip(keys, row, strict=True))
        for row in distinct.tolist()
    ]
    return _apart(table, run_of.reshape(-1), labels, keys, source)


def is_run(name: str) -> bool:
    """Return whether a column of numbers may name runs; an identity may be the row's own."""
    return normalized(name) in RUNS - {"id"}


def _place(cells: Sequence[str], body: Body, keys: Keys) -> tuple[str, str]:
    """Return the run and the part of the data of a row."""
    part = "" if keys.split is None else normalized(cells[body.names.index(keys.split)])
    label = []
    for name in keys.runs:
        cell = cells[body.names.index(name)].strip()
        around, _, last = cell.replace("\\", "/").rpartition("/")
        if not part and set(words(last)) and not set(words(last)) - TRAINING - VALIDATION:
            # TensorBoard's runs are folders, as `lr0.1/train`.
            cell, part = around, normalized(last)
        if cell.replace(".", "").isdecimal():
            cell = f"{name} {cell}"
        if cell:
            label.append(cell)
    return ", ".join(label), part


def _apart(
    table: Table, run_of: IntArray, labels: Sequence[str], keys: Sequence[str], source: str
) -> Table:
    """Put each run's rows together, and its name before those of its columns.

    Raises:
        LogError: If each row is another run.
    """
    if len(labels) < 2:
        return table
    if len(labels) > 0.5 * len(run_of):
        raise LogError(f"{source}: {IS_OF_RUNS}.")
    axis = next((name for name in choose_axis(list(table.columns)) if name is not None), None)
    if len(labels) > MAX_RUNS or not _share_steps(table.columns.get(axis or ""), run_of):
        return table
    order = np.argsort(run_of, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    columns: dict[str, Column] = {}
    axes = choose_axis(list(table.columns))
    for name, column in table.columns.items():
        row = place[column.row]
        if name in axes:
            first = np.argsort(row)
            columns[name] = Column(row[first], column.value[first])
        elif meaning(name).kind != "other":
            of = run_of[column.row]
            for run, label in enumerate(labels):
                if (of == run).any():
                    columns[f"{_safe(label)} - {name}"] = Column(
                        row[of == run], column.value[of == run]
                    )
    breaks = sorted(int(place[at]) for at in table.breaks if at < len(place))
    notes = [*table.notes, _told(len(labels), keys)]
    return Table(table.format, columns, notes, table.text_columns, tuple(breaks))


def _told(number: int, keys: Sequence[str]) -> str:
    what = "column" if len(keys) == 1 else "columns"
    return f"{counted(number, 'run')} were told apart by {what} {listing(keys)}"


def _safe(label: str) -> str:
    """Return a run's name that cannot be taken for a part of the data."""
    return label if set(words(label)) - TRAINING - VALIDATION else f"run {label}"


def _share_steps(axis: Column | None, run_of: IntArray) -> bool:
    """Return whether the steps of runs are counted from anew; the phases of one run go on."""
    if axis is None or not len(axis.row):
        return True
    distinct = len(np.unique(axis.value))
    both = np.column_stack([run_of[axis.row], axis.value])
    return len(np.unique(both, axis=0)) >= SHARED_STEPS * distinct


def _pivoted(
    rows: Iterable[tuple[int, list[str] | None]],
    body: Body,
    keys: Keys,
    numeric: Sequence[str],
    source: str,
) -> Table:
    """Read rows of one value each, beside the name of its quantity and its step.

    Raises:
        LogError: If no quantity of any run has two values.
    """
    at = {name: index for index, name in enumerate(body.names)}
    metric, value = at[keys.metric or ""], at[keys.value or ""]
    axes = choose_axis([name for name in numeric if name != keys.value and name not in keys.runs])
    axis = next((name for name in axes if name is not None), None)
    nan = next((at[n] for n in body.names if normalized(n) == NOT_A_NUMBER), None)
    series: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    without = 0
    for number, cells in rows:
        if cells is None:
            continue
        told = body.number(cells[value], value, number)
        if told == BLANK:
            continue
        if nan is not None and cells[nan].strip().lower() in ("1", "true"):
            told = float("nan")
        label, part = _place(cells, body, keys)
        name = cells[metric].strip()
        if part and not meaning(name).split:
            name = f"{part}_{name}"
        steps, values = series.setdefault(label, {}).setdefault(name, ([], []))
        step = float(len(steps) + 1)
        if axis is not None:
            step = body.number(cells[at[axis]], at[axis], number)
            if step == BLANK or not np.isfinite(step):
                without += 1
                continue
        steps.append(step)
        values.append(told)
    if max((len(v) for run in series.values() for _, v in run.values()), default=0) < 2:
        why = IS_OF_RUNS if len(series) > 1 else "no quantity has more than one value"
        raise LogError(f"{source}: no training curve here: {why}.")
    notes = [f"long table: its quantities stand in column {keys.metric!r}", *body.notes()]
    if without:
        notes.append(f"{counted(without, 'value')} without a step left out")
    if len(series) > 1:
        notes.append(_told(len(series), keys.runs))
    columns: dict[str, list[Column]] = {}
    start = 0
    for label, curves in series.items():
        kept = {
            name: (np.array(steps), np.array(values))
            for name, (steps, values) in curves.items()
            if steps and (len(series) == 1 or meaning(name).kind != "other")
        }
        if not kept:
            continue
        own = aligned(kept, "CSV", axis=axis or "row")
        for name, column in own.columns.items():
            shared = name == (axis or "row") or len(series) == 1
            columns.setdefault(name if shared else f"{_safe(label)} - {name}", []).append(
                Column(column.row + start, column.value)
            )
        start += len(own.columns[axis or "row"].row)
    joined = {
        name: Column(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.value for part in parts]),
        )
        for name, parts in columns.items()
    }
    if axis is None:
        joined.pop("row", None)
    return Table("CSV", joined, notes)
