"""From named columns to a Run: roles, step axes, restarts, sums and units.

Every reader turns its format into a `Table`; what follows is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from diagnose.errors import LogError, UnknownName
from diagnose.readers.columns import (
    EPOCH_AXES,
    LINE_NUMBERS,
    choose_axis,
    choose_roles,
    is_adversarial,
    is_reinforcement,
    meaning,
    normalized,
    words,
)
from diagnose.run import ROLES, BoolArray, FloatArray, IntArray, Run, Series

RESUMED_SHARE = 0.1
"""A counter that falls back, but not into this first share of the run, was resumed."""
CONTINUED_SHARE = 0.3
"""A restarted counter whose loss takes up within this share of the earlier fall is the same run."""
JUMBLED_SHARE = 0.1
"""A column that falls back in more than this share of its rows is no axis."""
REPEATED_SHARE = 0.3
"""With more than this share of repeated steps, the rows are parts of one step."""
MIN_POINTS = 5
"""An appended run with fewer points does not replace a longer one before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The numbers of one column, and the rows of the log that they stand in.

    Attributes:
        row: (n,) increasing row numbers; rows where the column is blank are left out.
        value: (n,) the numbers; NaN and infinities were logged as such.
    """

    row: IntArray
    value: FloatArray

    @classmethod
    def of(cls, values: Sequence[float] | FloatArray) -> Column:
        """Make a column that has a number in every row."""
        array = np.asarray(values, dtype=np.float64)
        return cls(np.arange(len(array)), array)

    def only(self, low: int, high: int) -> Column:
        """Keep the rows from `low` to below `high`."""
        a, b = np.searchsorted(self.row, (low, high))
        return Column(self.row[a:b], self.value[a:b])


@dataclass(slots=True, eq=False)
class Table:
    """What a reader found.

    Attributes:
        format: The log's format.
        columns: The numbers, by the column's name.
        notes: Remarks for the report.
        text_columns: Columns that hold no number, each with a cell of it.
        breaks: Rows before which the log was begun again.
    """

    format: str
    columns: dict[str, Column]
    notes: list[str] = field(default_factory=list)
    text_columns: Mapping[str, str] = field(default_factory=dict)
    breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns named by the user, which override the table of names."""

    train_loss: str | None = None
    val_loss: str | None = None
    train_accuracy: str | None = None
    val_accuracy: str | None = None
    lr: str | None = None
    grad_norm: str | None = None
    step: str | None = None

    def roles_named(self) -> list[str]:
        """Return the columns the user named for roles."""
        return [name for role in ROLES if (name := getattr(self, role)) is not None]

    def roles_given(self) -> bool:
        """Return whether the user named the column of a loss."""
        return self.train_loss is not None or self.val_loss is not None

    def roles(self, known: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the columns named, checked against those of the log."""
        named = {role: getattr(self, role) for role in ROLES if getattr(self, role) is not None}
        return {role: (_find(name, known),) for role, name in named.items()}


def _find(name: str, known: Sequence[str]) -> str:
    """Find a column by its name, or by its name in another spelling where that is unambiguous."""
    if name in known:
        return name
    alike = [k for k in known if normalized(k) == normalized(name)]
    if len(alike) == 1:
        return alike[0]
    raise UnknownName.among("column", name, known, f"The log has: {listing(known)}.")


def listing(names: Sequence[str], most: int = 12) -> str:
    """Join names for a sentence, the first few where there are many."""
    shown = ", ".join(repr(n) for n in names[:most]) or "none"
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def to_runs(table: Table, source: str, choice: Choice) -> list[Run]:
    """Turn a table into its runs: one, or one for each run that its column names tell apart.

    Raises:
        LogError: If no column is a loss; the message names the columns seen.
    """
    groups = _groups(table.columns)
    if len(groups) > 1 and not choice.roles_given():
        runs = []
        for prefix, names in groups.items():
            part = Table(table.format, {n: table.columns[n] for n in names}, list(table.notes))
            runs += _one_run(part, f"{source}[{prefix}]", choice)
        return runs
    return _one_run(table, source, choice)


def _groups(columns: Mapping[str, Column]) -> dict[str, list[str]]:
    """Group the columns of a chart exported with several runs, as `run - train/loss`."""
    prefixes: dict[str, list[str]] = {}
    shared = []
    for name in columns:
        prefix, dash, rest = name.rpartition(" - ")
        if dash and meaning(rest).kind != "other":
            prefixes.setdefault(prefix, []).append(name)
        elif not name.endswith(("__MIN", "__MAX")):
            shared.append(name)
    return {prefix: [*shared, *names] for prefix, names in prefixes.items()}


def _one_run(table: Table, source: str, choice: Choice) -> list[Run]:
    columns = {n: c for n, c in table.columns.items() if not n.endswith(("__MIN", "__MAX"))}
    points = {name: len(c.value) for name, c in columns.items()}
    axis_names = [n for n in columns if points[n]]
    step_name, epoch_name = choose_axis(axis_names)
    if choice.step is not None:
        step_name, epoch_name = _find(choice.step, list(columns)), None
    usable = {n: k for n, k in points.items() if n not in (step_name, epoch_name)}
    roles = choose_roles({_bare(n): k for n, k in usable.items()})
    back = {_bare(n): n for n in usable}
    roles = {role: tuple(back[n] for n in names) for role, names in roles.items()}
    roles |= choice.roles(list(columns))
    notes = list(table.notes)
    if not choice.roles_given() and is_reinforcement(list(columns)):
        raise LogError(
            f"{source}: rewards are logged beside the loss; the losses of reinforcement learning"
            " do not measure progress and are not judged. Name one with --train-loss COLUMN to"
            " look at it alone."
        )
    if not {"train_loss", "val_loss"} & set(roles):
        raise LogError(_no_loss(source, table, list(columns)))

    rows = 1 + max((int(c.row[-1]) for c in columns.values() if len(c.row)), default=0)
    main = roles.get("train_loss") or roles["val_loss"]
    position, unit = _positions(columns, main, step_name, epoch_name, rows, notes)
    keep, position = _untangle(columns, main, position, unit, table.breaks, notes)

    series: dict[str, Series] = {}
    for role, names in roles.items():
        column = _summed([columns[n] for n in names], names, role, notes)
        made = _series(" + ".join(names), column, position, keep, notes)
        if made is None:
            continue
        converted = _in_units(made, role, names, notes)
        if converted is None:
            continue
        series[role] = converted
        if len(names) > 1:
            for name in names:
                part = _series(name, columns[name], position, keep, [])
                if part is not None:
                    series[name] = part
    if "train_loss" not in series and "val_loss" not in series:
        raise LogError(f"{source}: the loss columns {listing(main)} hold no numbers.")
    if max(len(series[r]) for r in ("train_loss", "val_loss") if r in series) < 2:
        raise LogError(f"{source}: no training curve here: {listing(main)} holds a single point.")
    used = {n for names in roles.values() for n in names} | {step_name, epoch_name}
    for name, column in columns.items():
        if name not in used and name not in series and normalized(name) not in LINE_NUMBERS:
            extra = _series(name, column, position, keep, [])
            if extra is not None:
                series[name] = extra
    return [
        Run(
            source=source,
            format=table.format,
            step_unit=unit,
            series=series,
            columns={role: names for role, names in roles.items() if role in series},
            unused=tuple(n for n in series if n not in roles),
            notes=tuple(dict.fromkeys(notes)),
        )
    ]


def _bare(name: str) -> str:
    """Drop the run's name from `run - train/loss`, since it may hold any word."""
    return name.rpartition(" - ")[2]


def _no_loss(source: str, table: Table, names: Sequence[str]) -> str:
    """Say that no column is a loss, which were seen, and how to name one."""
    losses = [n for n in names if "loss" in words(n) or n.lower().endswith("loss")]
    if is_adversarial(losses):
        return (
            f"{source}: {listing(losses)} are the losses of a generator and a discriminator;"
            " they play against each other and are not judged as one training loss."
            " Name one with --train-loss COLUMN to look at it alone."
        )
    held = f"; text in {listing(table.text_columns)}" if table.text_columns else ""
    return (
        f"{source}: no training curve here: no column is called a loss."
        f" Columns seen: {listing(names)}{held}."
        " Name one with --train-loss COLUMN (and --val-loss COLUMN)."
    )


def _positions(
    columns: Mapping[str, Column],
    main: Sequence[str],
    step_name: str | None,
    epoch_name: str | None,
    rows: int,
    notes: list[str],
) -> tuple[FloatArray, str]:
    """Return each row's position on the run's step axis, and the axis's unit."""
    at = columns[main[0]].row
    for name in (step_name, epoch_name):
        if name is None:
            continue
        position = _filled(columns[name], rows)
        on_loss = position[at]
        if not np.isfinite(on_loss).all() or (len(at) > 1 and np.ptp(on_loss) == 0):
            continue
        back = int((np.diff(on_loss) < 0).sum())
        if name == step_name and back and epoch_name is not None:
            epoch = _filled(columns[epoch_name], rows)
            turns = int((np.diff(epoch[at]) > 0).sum())
            fresh = (np.diff(on_loss) < 0) & (np.diff(epoch[at]) > 0)
            if turns and fresh.sum() >= 0.5 * max(back, 1) and np.isfinite(epoch).all():
                # A counter within each epoch: number the steps through.
                per_epoch = float(np.max(on_loss)) + (1.0 if np.min(on_loss) == 0 else 0.0)
                return (epoch - epoch[at[0]]) * per_epoch + position, "step"
        if back > JUMBLED_SHARE * len(at):
            notes.append(
                f"column {name!r} goes back {back} times and was not taken as the step axis"
            )
            continue
        form = normalized(name)
        unit = "epoch" if form in EPOCH_AXES else words(form)[-1] if form else "step"
        return position, {"steps": "step", "iter": "iteration", "itr": "iteration"}.get(unit, unit)
    return np.arange(1.0, rows + 1.0), "row"


def _filled(column: Column, rows: int) -> FloatArray:
    """Spread a sparse axis over all rows: a blank takes the value before it, or the first."""
    out = np.full(rows, np.nan)
    finite = np.isfinite(column.value)
    at, value = column.row[finite], column.value[finite]
    if not len(at):
        return out
    if len(at) == rows:
        return value
    index = np.searchsorted(at, np.arange(rows), side="right") - 1
    return value[np.maximum(index, 0)]


def _untangle(
    columns: Mapping[str, Column],
    main: Sequence[str],
    position: FloatArray,
    unit: str,
    breaks: Sequence[int],
    notes: list[str],
) -> tuple[BoolArray, FloatArray]:
    """Join what was resumed, split what was started anew, and say which.

    Returns:
        (rows,) which rows belong to the run that is judged, and (rows,) their positions.
    """
    keep = np.ones(len(position), dtype=bool)
    column = columns[main[0]]
    at = column.row
    falls = np.flatnonzero(np.diff(position[at]) < 0) + 1
    if not len(falls) and not breaks:
        return keep, position
    starts = sorted({0, *(int(at[i]) for i in falls), *(b for b in breaks if b < len(position))})
    position = position.copy()
    # The judged run so far, and the lengths of those given up.
    begin = 0
    finished: list[int] = []
    for low, high in zip(starts[1:], [*starts[2:], len(position)], strict=True):
        before = column.only(begin, low)
        after = column.only(low, high)
        if not len(before.row):
            begin = low
            continue
        if not len(after.row):
            continue
        old = position[before.row]
        start = position[after.row[0]]
        finite = before.value[np.isfinite(before.value)]
        span = old[-1] - old[0]
        if start > old[-1]:
            continue
        if span > 0 and start > old[0] + RESUMED_SHARE * span:
            redone = np.flatnonzero(position[begin:low] >= start) + begin
            keep[redone] = False
            notes.append(
                f"the run was resumed at {unit} {start:g}: {int(np.isin(before.row, redone).sum())}"
                " points that it then logged again were replaced"
            )
        elif len(finite) >= 2 and _continues(finite, after.value):
            gap = span / max(len(old) - 1, 1)
            position[low:] += old[-1] + (gap or 1.0) - start
            notes.append(
                f"the {unit} counter starts again at {start:g}; the loss goes on where it was, so"
                f" the parts were joined and the second counts on from {unit} {old[-1]:g}"
            )
        else:
            if len(after.row) < MIN_POINTS <= len(before.row):
                keep[low:high] = False
                finished.append(len(after.row))
                continue
            keep[begin:low] = False
            finished.append(len(before.row))
            begin = low
    if finished:
        sizes = ", ".join(str(k) for k in finished[:8]) + (" …" if len(finished) > 8 else "")
        notes.append(
            f"the log holds {len(finished) + 1} runs one after another; this is the"
            f" {'last one' if begin else 'first'} of them, the others ({sizes} points)"
            " were left out"
        )
    return keep, position


def _continues(before: FloatArray, after: FloatArray) -> bool:
    """Return whether a loss takes up where it was, and not where training once began."""
    fresh = after[np.isfinite(after)]
    if not len(fresh):
        return False
    fall = before[0] - before[-1]
    return bool(fall > 0 and fresh[0] - before[-1] <= CONTINUED_SHARE * fall)


def _summed(parts: Sequence[Column], names: Sequence[str], role: str, notes: list[str]) -> Column:
    """Add up the parts of a loss, on the rows that hold all of them."""
    if len(parts) == 1:
        return parts[0]
    rows = parts[0].row
    for part in parts[1:]:
        rows = np.intersect1d(rows, part.row, assume_unique=True)
    total = np.zeros(len(rows))
    for part in parts:
        total += part.value[np.searchsorted(part.row, rows)]
    label = role.replace("_", " ").replace("val", "validation").replace("train", "training")
    notes.append(f"{label} = {' + '.join(names)}")
    skipped = total == 0
    if role == "val_loss" and skipped.any() and not skipped.all():
        notes.append(
            f"{int(skipped.sum())} rows whose validation losses are all exactly 0 were taken as"
            " not evaluated"
        )
        return Column(rows[~skipped], total[~skipped])
    return Column(rows, total)


def _series(
    name: str,
    column: Column,
    position: FloatArray,
    keep: BoolArray,
    notes: list[str],
) -> Series | None:
    """Put a column on the step axis: sorted, each step once."""
    mask = keep[column.row]
    step, value = position[column.row[mask]], column.value[mask]
    if not len(step) or not np.isfinite(step).all():
        return None
    gaps = np.diff(step)
    if (gaps < 0).any():
        order = np.argsort(step, kind="stable")
        step, value = step[order], value[order]
        gaps = np.diff(step)
    repeats = int((gaps == 0).sum())
    if repeats > REPEATED_SHARE * len(step) and len(step) > repeats + 1:
        return Series(name, _spread(step), value)
    if repeats:
        last = np.append(gaps > 0, True)
        notes.append(f"{name}: {repeats} repeated steps; the last value of each was kept")
        step, value = step[last], value[last]
    return Series(name, step, value)


def _spread(step: FloatArray) -> FloatArray:
    """Place the rows of one step evenly between it and the step before it."""
    distinct, first, count = np.unique(step, return_index=True, return_counts=True)
    gap = np.diff(distinct, prepend=2 * distinct[0] - distinct[1])
    index = np.arange(len(step)) - np.repeat(first, count)
    share = (index + 1) / np.repeat(count, count)
    return np.repeat(distinct - gap, count) + np.repeat(gap, count) * share


def _in_units(series: Series, role: str, names: Sequence[str], notes: list[str]) -> Series | None:
    """Turn perplexities into nats and percentages into shares; None if it is no accuracy."""
    value = series.value
    finite = value[np.isfinite(value)]
    if role.endswith("_loss") and all(meaning(_bare(n)).kind == "perplexity" for n in names):
        if len(finite) and finite.min() >= 1:
            notes.append(f"{series.name}: perplexity, turned into a loss in nats (its logarithm)")
            return Series(f"ln({series.name})", series.step, np.log(value))
        notes.append(f"{series.name}: below 1, so no perplexity; used as it is")
    if role.endswith("_accuracy") and len(finite) and finite.max() > 1.5:
        if finite.max() <= 100.0 + 1e-6 and finite.min() >= 0:
            notes.append(f"{series.name}: percentages, divided by 100")
            return Series(series.name, series.step, value / 100.0)
        notes.append(f"{series.name}: not an accuracy between 0 and 1; it takes no part")
        return None
    return series
