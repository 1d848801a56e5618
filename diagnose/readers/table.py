"""From named columns to a Run: roles, step axes, restarts, sums and units.

Every reader turns its format into a `Table`; what follows is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from diagnose.errors import LogError, UnknownName
from diagnose.readers.axis import (
    Column,
    counted,
    counts_epochs,
    is_newest_first,
    positions,
    untangle,
)
from diagnose.readers.columns import (
    TRAINING,
    VALIDATION,
    choose_axis,
    choose_roles,
    is_adversarial,
    is_line_number,
    is_reinforcement,
    meaning,
    normalized,
    words,
)
from diagnose.run import ROLES, BoolArray, FloatArray, Run, Series

BOUNDS = ("__MIN", "__MAX")
"""Endings of the columns that W&B puts beside a curve that it drew as a mean."""
MIN_PERPLEXITIES = 3
MIN_EPOCHS = 3
"""Fewer validations tell too little of what they count."""
ROUNDED = 0.01
MOST = 0.9
"""A loss whose perplexity is told is in bits if in so many rows, up to rounding, that fits."""
OTHER_SCALE = 20.0
"""Losses that are further apart than this factor, from the start, are not sums, or means, alike."""
REPEATED_SHARE = 0.5
"""Where more than this share of the steps have several values, those are parts of a step."""


class NoLoss(LogError):
    """No column of a log is called a loss; it may not be the table that it was taken for."""


@dataclass(slots=True, eq=False)
class Table:
    """What a reader found.

    Attributes:
        format: The log's format.
        columns: The numbers, by the column's name.
        notes: Remarks for the report.
        text_columns: Columns that hold no number, each with a cell of its text, if it has any.
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


Curve = tuple[FloatArray, FloatArray]
"""Steps and values."""


def aligned(
    series: Mapping[str, Curve], name: str, notes: Sequence[str] = (), axis: str = "step"
) -> Table:
    """Put curves that have steps of their own on common rows.

    Args:
        series: The curves, by the column's name.
        name: The log's format.
        notes: Remarks for the report.
        axis: What to call the column of the steps.
    """
    rising = {f: curve for f, curve in series.items() if (np.diff(curve[0]) > 0).all()}
    union = np.unique(np.concatenate([steps for steps, _ in rising.values()] or [np.empty(0)]))
    # A step that was logged again tells a restart, which the order of the rows must keep; the
    # losses come first, since what stands before a restart is taken for what it replaced.
    others = [tag for tag in series if tag not in rising]
    others.sort(key=lambda tag: meaning(tag).kind != "loss")
    steps: list[FloatArray] = []
    columns: dict[str, Column] = {}
    start = 0
    for tag in others:
        at, values = series[tag]
        columns[tag] = Column(start + np.arange(len(at)), values)
        steps.append(at)
        start += len(at)
    for tag, (at, values) in rising.items():
        columns[tag] = Column(start + np.searchsorted(union, at), values)
    return Table(name, {axis: Column.of(np.concatenate([*steps, union])), **columns}, list(notes))


def _find(name: str, known: Sequence[str], text: Mapping[str, str]) -> str:
    """Find a column by its name, or by its name in another spelling where that is unambiguous."""
    if name in known:
        return name
    alike = [k for k in known if normalized(name) and normalized(k) == normalized(name)]
    if len(alike) == 1:
        return alike[0]
    if name in text:
        raise LogError(f"column {name!r} {_held(text[name])}.")
    raise UnknownName.among("column", name, known, f"The log has: {listing(known)}.")


def _held(cell: str) -> str:
    return f"holds text ({cell[:40]!r}), not numbers" if cell else "is blank"


def listing(names: Sequence[str], most: int = 12) -> str:
    """Join names for a sentence, the first few where there are many."""
    shown = ", ".join(repr(n) for n in names[:most]) or "none"
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def to_runs(table: Table, source: str, choice: Choice) -> list[Run]:
    """Turn a table into its runs: one, or one for each run that its column names tell apart.

    Raises:
        LogError: If no column is a loss; the message names the columns seen.
        UnknownName: If a column that was named is not in the log.
    """
    # Values may be as large as floats go; an overflow gives an infinity, which is what it is.
    with np.errstate(all="ignore"):
        groups = _groups(table.columns)
        if len(groups) < 2:
            return [_one_run(table, source, choice)]
        if choice.roles_given():
            # The runs of the columns that were named, and no other's.
            named = {_find(n, list(table.columns), {}) for n in choice.roles_named()}
            groups = {p: names for p, names in groups.items() if named & set(names)}
            names = list(dict.fromkeys(name for part in groups.values() for name in part))
            return [_one_run(_only(table, names), source, choice)]
        return [
            _one_run(_only(table, names), f"{source}[{prefix}]", choice)
            for prefix, names in groups.items()
        ]


def _only(table: Table, names: Sequence[str]) -> Table:
    columns = {name: table.columns[name] for name in names}
    return Table(table.format, columns, list(table.notes), table.text_columns, table.breaks)


def _groups(columns: Mapping[str, Column]) -> dict[str, list[str]]:
    """Group the columns of a chart exported with several runs, as `run - train/loss`."""
    prefixes: dict[str, list[str]] = {}
    shared = []
    for name in columns:
        prefix, _ = _split_name(name)
        if prefix:
            prefixes.setdefault(prefix, []).append(name)
        elif not name.endswith(BOUNDS):
            shared.append(name)
    return {prefix: [*shared, *names] for prefix, names in prefixes.items()}


def _split_name(name: str) -> tuple[str, str]:
    """Split `run - train/loss` into the run's name, which may hold any word, and the rest."""
    prefix, dash, rest = name.rpartition(" - ")
    if dash and meaning(rest).kind != "other" and set(words(prefix)) - VALIDATION - TRAINING:
        return prefix, rest
    return "", name


def _bare(name: str) -> str:
    return _split_name(name)[1]


def _one_run(table: Table, source: str, choice: Choice) -> Run:
    columns = {n: c for n, c in table.columns.items() if len(c.row) and not n.endswith(BOUNDS)}
    names = list(columns)
    text = table.text_columns
    notes = list(table.notes)
    if not choice.roles_given() and is_reinforcement([_bare(n) for n in names]):
        raise LogError(
            f"{source}: rewards are logged beside the loss; the losses of reinforcement learning"
            " do not measure progress and are not judged. Name one with --train-loss COLUMN to"
            " look at it alone."
        )
    step_name, epoch_name = choose_axis(names)
    if choice.step is not None:
        step_name, epoch_name = _find(choice.step, names, text), None
    named = {
        role: (_find(name, names, text),)
        for role in ROLES
        if (name := getattr(choice, role)) is not None
    }
    roles = _roles(columns, {step_name, epoch_name}, named, notes)
    if not {"train_loss", "val_loss"} & set(roles):
        raise _no_loss(source, table, names)

    rows = 1 + max(int(c.row[-1]) for c in columns.values())
    main = roles.get("train_loss") or roles["val_loss"]
    loss = _summed([columns[n] for n in main], main, "", [])
    if not len(loss.row):
        raise LogError(
            f"{source}: {listing(main)} never stand in one row and cannot be added up;"
            " name one with --train-loss COLUMN."
        )
    if is_newest_first(columns, loss, step_name, epoch_name):
        columns = {n: Column((rows - 1 - c.row)[::-1], c.value[::-1]) for n, c in columns.items()}
        loss = Column((rows - 1 - loss.row)[::-1], loss.value[::-1])
        notes.append("the log begins with its newest row; it was turned round")
    position, unit = positions(columns, loss, step_name, epoch_name, rows, notes)
    if choice.step is not None and unit == "row":
        raise LogError(
            f"{source}: column {step_name!r} does not count steps: it must hold numbers that rise"
            " from row to row."
        )
    keep, position = untangle(loss, position, unit, table.breaks, notes)

    series: dict[str, Series] = {}
    in_bits = bool({"train_loss", "val_loss"} & set(roles)) and _are_in_bits(columns)
    for role, parts in roles.items():
        column = _summed([columns[n] for n in parts], parts, role, notes)
        made = _series(" + ".join(parts), column, position, keep, notes)
        converted = made and _in_units(made, role, parts, notes, in_bits)
        if converted is None:
            continue
        series[role] = converted
        if len(parts) > 1:
            for name in parts:
                part = _series(name, columns[name], position, keep, [])
                if part is not None:
                    series[name] = part
    if {"train_loss", "val_loss"} <= set(series) and unit not in ("row", "epoch"):
        _place_epochs(series, columns, loss, position, epoch_name, notes)
    if "train_loss" not in series and "val_loss" not in series:
        raise LogError(f"{source}: the loss columns {listing(main)} hold no numbers.")
    if max(len(series[r]) for r in ("train_loss", "val_loss") if r in series) < 2:
        raise LogError(f"{source}: no training curve here: {listing(main)} holds a single point.")
    other_scale = _other_scale(series)
    notes += other_scale
    used = {n for parts in roles.values() for n in parts} | {step_name, epoch_name}
    for name, column in columns.items():
        if name not in used and name not in series and not is_line_number(name):
            extra = _series(name, column, position, keep, [])
            if extra is not None:
                series[name] = extra
    return Run(
        source=source,
        format=table.format,
        step_unit=unit,
        series=series,
        columns={role: parts for role, parts in roles.items() if role in series},
        unused=tuple(n for n in series if n not in roles),
        notes=tuple(dict.fromkeys(notes)),
        is_comparable=not other_scale,
    )


def _other_scale(series: Mapping[str, Series]) -> list[str]:
    """Return the remark that one loss is a sum and the other a mean, if their heights say so."""
    train, val = series.get("train_loss"), series.get("val_loss")
    if train is None or val is None or not (len(train) and len(val)):
        return []
    if not (np.isfinite(train.value).all() and np.isfinite(val.value).all()):
        return []
    of_train, of_val = _heights(train.value), _heights(val.value)
    for high, low, names, over in (
        (of_train, of_val, ("training", "validation"), "a batch"),
        (of_val, of_train, ("validation", "training"), "the data set"),
    ):
        if all(h > OTHER_SCALE * v > 0 for h, v in zip(high, low, strict=True)):
            return [
                f"the {names[0]} loss is {high[0] / low[0]:.0f} times the {names[1]} loss from the"
                f" start: one of them is a sum, as over {over}, the other a mean; their heights"
                " cannot be compared"
            ]
    return []


def _heights(value: FloatArray) -> tuple[float, float]:
    """Return the medians of the first three values and of some all over."""
    first, some = np.sort(value[:3]), np.sort(value[:: 1 + len(value) // 1000])
    return float(first[len(first) // 2]), float(some[len(some) // 2])


def _place_epochs(
    series: dict[str, Series],
    columns: Mapping[str, Column],
    loss: Column,
    position: FloatArray,
    epoch_name: str | None,
    notes: list[str],
) -> None:
    """Place a validation loss that counts epochs at their last steps, or leave it out.

    Args:
        series: The series; the validation's are replaced or taken out.
        columns: The log's columns.
        loss: The training loss as logged.
        position: (rows,) each row's step.
        epoch_name: The column of the epoch beside that of the step, if there is one.
        notes: Takes what was done.
    """
    train, val = series["train_loss"].step, series["val_loss"].step
    if len(val) < MIN_EPOCHS or not counts_epochs(val, train):
        return
    ends: list[float] = []
    if epoch_name is not None:
        epoch = columns[epoch_name]
        rows = np.intersect1d(loss.row, epoch.row, assume_unique=True)
        number = np.floor(epoch.value[np.searchsorted(epoch.row, rows)])
        last = np.append(np.diff(number) > 0, True)
        ends = position[rows[last]].tolist()
    placed = len(val) <= len(ends) and (np.diff(ends) > 0).all()
    for role in ("val_loss", "val_accuracy"):
        given = series.get(role)
        if given is None or not np.array_equal(given.step, val):
            continue
        if placed:
            series[role] = Series(given.name, np.array(ends[: len(val)]), given.value)
            notes.append(f"{given.name}: counts epochs; placed at the last step of each")
        else:
            del series[role]
            notes.append(
                f"{given.name}: counts to {val[-1]:g} where the training loss counts to"
                f" {train[-1]:g}, so epochs most likely; nothing says at which steps those end, and"
                " it takes no part"
            )


def _roles(
    columns: Mapping[str, Column],
    axes: set[str | None],
    named: Mapping[str, tuple[str, ...]],
    notes: list[str],
) -> dict[str, tuple[str, ...]]:
    """Give the columns their roles: those that the user named, and by the table of names."""
    taken = {name for names in named.values() for name in names}
    free = {_bare(n): n for n in columns if n not in axes and n not in taken}
    points = {bare: len(columns[name].row) for bare, name in free.items()}
    chosen = choose_roles(points)
    roles = {role: tuple(free[n] for n in names) for role, names in chosen.items()}
    roles.update(named)
    for role, other in (("train_loss", "val_loss"), ("val_loss", "train_loss")):
        if role not in named or other in named:
            continue
        # What stands beside a loss that was named must be of its kind.
        told = meaning(_bare(named[role][0]))
        alike = [
            bare
            for bare in points
            if (meaning(bare).kind, meaning(bare).extras) == (told.kind, told.extras)
            and (meaning(bare).split == "val") == (other == "val_loss")
        ]
        if alike and told.kind != "other":
            roles[other] = (free[max(alike, key=lambda bare: points[bare])],)
        elif len(roles.get(other, ())) > 1:
            notes.append(
                f"{' + '.join(roles.pop(other))} is not of the kind of {named[role][0]!r} and takes"
                f" no part; name its like with --{other.replace('_', '-')}"
            )
    if len(roles.get("val_loss", ())) > 1 and "train_loss" in roles:
        parts = roles["val_loss"]
        if not len(_summed([columns[n] for n in parts], parts, "", []).row):
            notes.append(
                f"{listing(parts)} never stand in one row and are not added up; name one with"
                " --val-loss"
            )
            del roles["val_loss"]
    accuracy, loss = roles.get("train_accuracy"), roles.get("train_loss")
    if (
        accuracy
        and loss
        and "val_accuracy" not in roles
        and "train_accuracy" not in named
        and not meaning(_bare(accuracy[0])).split
        and not np.isin(columns[accuracy[0]].row, columns[loss[0]].row).any()
    ):
        # Logged by itself, it was measured by an evaluation.
        roles["val_accuracy"] = roles.pop("train_accuracy")
    return roles


def _no_loss(source: str, table: Table, names: Sequence[str]) -> LogError:
    """Say that no column is a loss, which were seen, and how to name one."""
    losses = [n for n in names if "loss" in words(n) or n.lower().endswith("loss")]
    if is_adversarial(losses):
        return LogError(
            f"{source}: {listing(losses)} are the losses of a generator and a discriminator;"
            " they play against each other and are not judged as one training loss."
            " Name one with --train-loss COLUMN to look at it alone."
        )
    text = table.text_columns
    told = [n for n in text if meaning(n).kind == "loss" and not meaning(n).extras]
    if told:
        return LogError(
            f"{source}: no training curve here: column {told[0]!r} {_held(text[told[0]])}."
        )
    held = [n for n, cell in text.items() if cell]
    return NoLoss(
        f"{source}: no training curve here: no column is called a loss."
        f" Columns seen: {listing(names)}{f'; text in {listing(held)}' if held else ''}."
        " Name one with --train-loss COLUMN (and --val-loss COLUMN)."
    )


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
    if len(rows) < max(len(part.row) for part in parts):
        missing = max(len(part.row) for part in parts) - len(rows)
        notes.append(f"{' + '.join(names)}: {counted(missing, 'row')} without all parts left out")
    label = role.replace("_", " ").replace("val", "validation").replace("train", "training")
    notes.append(f"{label} = {' + '.join(names)}")
    skipped = total == 0
    if role == "val_loss" and skipped.any() and not skipped.all():
        notes.append(
            f"{counted(int(skipped.sum()), 'row')} whose validation losses are all exactly 0 taken"
            " as not evaluated"
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
    if len(column.row) == len(position) and keep.all():
        step, value = position, column.value
    else:
        mask = keep[column.row]
        step, value = position[column.row[mask]], column.value[mask]
    if not len(step) or not np.isfinite(step).all():
        return None
    gaps = step[1:] - step[:-1]
    if (gaps < 0).any():
        order = np.argsort(step, kind="stable")
        step, value = step[order], value[order]
        gaps = step[1:] - step[:-1]
    repeats = int((gaps == 0).sum())
    if not repeats:
        return Series(name, step, value)
    distinct, count = np.unique(step, return_counts=True)
    if len(distinct) > 1 and (count > 1).mean() > REPEATED_SHARE:
        notes.append(
            f"{name}: {len(step)} values on {len(distinct)} steps; those of one step were"
            " spread evenly up to it"
        )
        return Series(name, _spread(step), value)
    last = np.append(gaps > 0, True)
    notes.append(f"{name}: {counted(repeats, 'repeated step')}; the last value of each was kept")
    return Series(name, step[last], value[last])


def _spread(step: FloatArray) -> FloatArray:
    """Place the rows of one step evenly between it and the step before it.

    Steps so large that there is no number between two of them are counted from 1 instead.
    """
    distinct, first, count = np.unique(step, return_index=True, return_counts=True)
    gap = np.diff(distinct, prepend=2 * distinct[0] - distinct[1])
    index = np.arange(len(step)) - np.repeat(first, count)
    share = (index + 1) / np.repeat(count, count)
    before = np.concatenate([distinct[:1] - gap[:1], distinct[:-1]])
    placed = np.repeat(before, count) + np.repeat(gap, count) * share
    placed = np.where(share == 1, np.repeat(distinct, count), placed)
    rising: FloatArray = placed if (np.diff(placed) > 0).all() else np.arange(1.0, len(step) + 1)
    return rising


def _are_in_bits(columns: Mapping[str, Column]) -> bool:
    """Return whether the log says that its losses are in bits: a perplexity is 2 to their power.

    fairseq counts so. Where a perplexity is e to the power of a loss, the losses are in nats.
    """
    told = {name: meaning(_bare(name)) for name in columns}
    in_bits = False
    for name, said in told.items():
        if said.kind != "perplexity":
            continue
        for other, of in told.items():
            if of.kind not in ("loss", "loss_like") or of.split != said.split:
                continue
            perplexity, loss = columns[name], columns[other]
            rows = np.intersect1d(perplexity.row, loss.row, assume_unique=True)
            if len(rows) < MIN_PERPLEXITIES:
                continue
            value = loss.value[np.searchsorted(loss.row, rows)]
            power = np.log(perplexity.value[np.searchsorted(perplexity.row, rows)])
            if _mostly(np.abs(power - value) < ROUNDED * (1 + np.abs(power))):
                return False
            finite = power[np.isfinite(power)]
            in_bits |= bool(len(finite) and np.ptp(finite) > 10 * ROUNDED) and _mostly(
                (np.abs(power - value * np.log(2)) < ROUNDED * (1 + np.abs(power)))
                & (np.abs(value) > 10 * ROUNDED)
            )
    return in_bits


def _mostly(mask: BoolArray) -> bool:
    return bool(mask.mean() > MOST)


def _in_units(
    series: Series, role: str, names: Sequence[str], notes: list[str], in_bits: bool
) -> Series | None:
    """Turn bits and perplexities into nats, percentages into shares; None if it is no accuracy."""
    value = series.value
    finite = value[np.isfinite(value)]
    if role.endswith("_loss") and all(meaning(_bare(n)).kind == "perplexity" for n in names):
        if not len(finite) or finite.min() >= 1:
            notes.append(f"{series.name}: perplexity, turned into a loss in nats (its logarithm)")
            return Series(f"ln({series.name})", series.step, np.log(value))
        notes.append(f"{series.name}: below 1, so no perplexity; used as it is")
    elif role.endswith("_loss") and in_bits:
        notes.append(f"{series.name}: in bits (the perplexity is 2 to its power), turned into nats")
        return Series(f"ln(2) {series.name}", series.step, value * np.log(2))
    if role.endswith("_accuracy") and len(finite) and finite.max() > 1.5:
        if finite.max() <= 100.0 + 1e-6 and finite.min() >= 0:
            notes.append(f"{series.name}: percentages, divided by 100")
            return Series(series.name, series.step, value / 100.0)
        notes.append(f"{series.name}: not an accuracy between 0 and 1; it takes no part")
        return None
    return series
