"""The step axis of a log: where each row stands, and which rows are of the run that is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diagnose.readers.columns import EPOCH_AXES, normalized, words
from diagnose.run import BoolArray, FloatArray, IntArray

RESUMED_SHARE = 0.1
"""A counter that falls back, but not into this first share of the run, was resumed."""
CONTINUED_SHARE = 0.3
"""A restarted counter whose loss takes up within this share of the earlier fall is the same run."""
JUMBLED_SHARE = 0.1
"""A column that falls back, not to its first value, in more than this share of rows is no axis."""
JUMBLED_SHORT = (2, 1 / 3)
"""In a short log so many falls, but no more than this share of its rows, do not make a jumble."""
SPARSE_SHARE = 0.5
"""An axis that stands in fewer of the loss's rows is sparse: it holds until it is logged again."""
MIN_POINTS = 5
"""An appended run with fewer points does not replace a longer one before it."""
OTHER_COUNTER = 2.0
"""Steps that differ from those around them by more than this factor count something else."""
EPOCH_STEPS = 5
"""An epoch has at least so many steps of what is logged by the step."""
_UNITS = {"steps": "step", "epochs": "epoch", "iter": "iteration", "itr": "iteration"}


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

    def where(self, mask: BoolArray) -> Column:
        """Keep the points for which the mask, one entry a point, is true."""
        return self if mask.all() else Column(self.row[mask], self.value[mask])


def counted(number: int, what: str) -> str:
    """Return `1 point`, `2 points`."""
    return f"{number} {what}{'s' * (number != 1)}"


def counts_epochs(steps: FloatArray, main: FloatArray) -> bool:
    """Return whether steps count by ones from the start while the main curve's count far more."""
    return bool(
        len(steps)
        and steps[0] in (0, 1)
        and (np.diff(steps) == 1).all()
        and main[-1] > EPOCH_STEPS * max(steps[-1], 1)
        and len(main) > len(steps)
    )


def is_newest_first(
    columns: Mapping[str, Column], main: Column, step_name: str | None, epoch_name: str | None
) -> bool:
    """Return whether a log begins with its newest row: its steps fall from row to row."""
    for name in (step_name, epoch_name):
        if name is None:
            continue
        column = columns[name]
        whole = np.array_equal(column.row, main.row)
        step = column.value if whole else column.value[np.isin(column.row, main.row)]
        if len(step) > 2 and len(step) == len(main.row) and np.ptp(step) > 0:
            return bool(
                ((step[1:] - step[:-1]) <= 0).all() and ((step[1:] - step[:-1]) < 0).sum() > 1
            )
    return False


def positions(
    columns: Mapping[str, Column],
    main: Column,
    step_name: str | None,
    epoch_name: str | None,
    rows: int,
    notes: list[str],
) -> tuple[FloatArray, str]:
    """Return each row's position on the run's step axis, and the axis's unit.

    Args:
        columns: The log's columns.
        main: The column of the loss that the axis must fit.
        step_name: The column that counts steps, if there is one.
        epoch_name: The column that counts epochs, if there is one.
        rows: The number of rows.
        notes: Takes what was done about rows that the axis does not fit.

    Returns:
        (rows,) positions, NaN where a row has none, and the unit.
    """
    for name in (step_name, epoch_name):
        if name is None:
            continue
        position = _filled(columns[name], rows, main.row)
        on_loss = position[main.row]
        whole = np.isfinite(on_loss)
        if whole.sum() < max(SPARSE_SHARE * len(on_loss), 1):
            if len(columns[name].row):
                notes.append(
                    f"column {name!r} cannot be read in {int((~whole).sum())} of {len(on_loss)}"
                    " rows and was not taken as the step axis"
                )
            continue
        loss = main.where(whole)
        on_loss = position[loss.row]
        if len(on_loss) > 1 and np.ptp(on_loss) == 0:
            continue
        fell = (on_loss[1:] - on_loss[:-1]) < 0
        unit = _unit(name)
        within = False
        if name == step_name and fell.any() and epoch_name is not None:
            numbered = _numbered_through(
                position, loss, _filled(columns[epoch_name], rows, main.row)
            )
            within = numbered is not None
            if numbered is not None:
                position = numbered
                fell = np.diff(position[loss.row]) < 0
        if _is_jumbled(position[loss.row]):
            notes.append(
                f"column {name!r} goes back {counted(int(fell.sum()), 'time')} and was not taken"
                " as the step axis"
            )
            continue
        if not whole.all():
            notes.append(
                f"{counted(int((~whole).sum()), 'point')} of the loss without a readable {unit} in"
                f" column {name!r} left out"
            )
        return _moved(position, loss, name, within, notes), unit
    return np.arange(1.0, rows + 1.0), "row"


def _is_jumbled(on_loss: FloatArray) -> bool:
    """Return whether steps fall back more often than restarts and resumptions explain."""
    falls = int((((on_loss[1:] - on_loss[:-1]) < 0) & (on_loss[1:] != on_loss[0])).sum())
    few, share = JUMBLED_SHORT
    return falls > min(max(few, JUMBLED_SHARE * len(on_loss)), share * len(on_loss))


def _unit(name: str) -> str:
    form = normalized(name)
    unit = "epoch" if form in EPOCH_AXES else words(form)[-1] if form else "step"
    return _UNITS.get(unit, unit)


def _filled(column: Column, rows: int, loss_rows: IntArray) -> FloatArray:
    """Spread an axis over all rows: a blank takes the value before it, or the first.

    A row whose step was logged but is no number stays unknown; so does a row of the loss without
    one, unless the axis is sparse.
    """
    out = np.full(rows, np.nan)
    finite = np.isfinite(column.value)
    at, value = column.row[finite], column.value[finite]
    if not len(at):
        return out
    if len(at) == rows:
        return value
    out = value[np.maximum(np.searchsorted(at, np.arange(rows), side="right") - 1, 0)]
    out[column.row[~finite]] = np.nan
    blank = ~np.isin(loss_rows, column.row)
    if blank.sum() <= SPARSE_SHARE * len(loss_rows):
        out[loss_rows[blank]] = np.nan
    return out


def _numbered_through(position: FloatArray, loss: Column, epoch: FloatArray) -> FloatArray | None:
    """Number the steps through where they are counted within each epoch; None if they are not."""
    on_loss, on_epoch = position[loss.row], epoch[loss.row]
    if not np.isfinite(on_epoch).all():
        return None
    fell, rose = (on_loss[1:] - on_loss[:-1]) < 0, (on_epoch[1:] - on_epoch[:-1]) > 0
    if (fell & rose).sum() < 0.5 * fell.sum() or not (fell & rose).any():
        return None
    within = (on_loss[1:] - on_loss[:-1])[~fell & ~rose]
    gap = float(np.median(within)) if len(within) else 1.0
    per_epoch = float(np.ptp(on_loss)) + gap
    numbered: FloatArray = (epoch - on_epoch[0]) * per_epoch + position
    return numbered


def _moved(
    position: FloatArray, loss: Column, name: str, within: bool, notes: list[str]
) -> FloatArray:
    """Move rows of an evaluation, whose own counter is another, to the training step before.

    MMEngine logs the epoch as the step of an evaluation, MMCV, which counts within each epoch,
    the number of validation batches. An evaluation that ran beside the training and was logged
    late has steps not far from those around it, and keeps them.
    """
    if len(loss.row) == len(position):
        return position
    on_loss = position[loss.row]
    rows = np.arange(len(position))
    index = np.searchsorted(loss.row, rows, side="right") - 1
    other = np.isfinite(position) & (index >= 0)
    other[loss.row] = False
    low = on_loss[np.maximum(index, 0)]
    high = np.append(on_loss, np.inf)[index + 1]
    inner = other & (index + 1 < len(on_loss)) & (low <= high)
    outside = other & (low <= high) & ((position < low) | (position > high))
    if (outside & inner).sum() <= 0.5 * inner.sum():
        return position
    if not within:
        share = np.median(position[outside] / low[outside])
        if 1 / OTHER_COUNTER < share < OTHER_COUNTER:
            return position
    notes.append(
        f"column {name!r} counts something else in {int(outside.sum())} rows without the training"
        " loss; they were placed at the training step before them"
    )
    return np.where(outside, low, position)


def untangle(
    column: Column, position: FloatArray, unit: str, breaks: Sequence[int], notes: list[str]
) -> tuple[BoolArray, FloatArray]:
    """Join what was resumed, split what was started anew, and say which.

    Args:
        column: The loss.
        position: (rows,) each row's position, NaN where it has none.
        unit: What a position counts.
        breaks: Rows before which the log was begun again.
        notes: Takes what was joined and what was left out.

    Returns:
        (rows,) which rows belong to the run that is judged, and (rows,) their positions.
    """
    keep = np.isfinite(position)
    column = column.where(keep[column.row])
    position = position.copy()
    inner = [b for b in breaks if 0 < b < len(position)]
    if unit == "row":
        for row in inner:
            position[row:] = np.arange(1.0, len(position) - row + 1.0)
    at = column.row
    falls = np.flatnonzero(np.diff(position[at]) < 0) + 1
    if not len(falls) and not inner:
        return keep, position
    starts = sorted({0, *(_start(position, at, int(i)) for i in falls), *inner})
    # Where the judged run begins, which run of the log it is, and the lengths of the others.
    begin = judged = 0
    others: list[int] = []
    for low, high in zip(starts[1:], [*starts[2:], len(position)], strict=True):
        before = column.where((at >= begin) & (at < low) & keep[at])
        after = column.where((at >= low) & (at < high))
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
                f"the run was resumed at {unit} {start:g}:"
                f" {counted(int(np.isin(before.row, redone).sum()), 'point')} that it then logged"
                " again replaced"
            )
        elif len(finite) >= 2 and _continues(finite, after.value):
            gap = span / max(len(old) - 1, 1)
            position[low:] += old[-1] + (gap or 1.0) - start
            notes.append(
                f"the {unit} counter starts again at {start:g}; the loss goes on where it was, so"
                f" the parts were joined and the second counts on from {unit} {old[-1]:g}"
            )
        elif len(after.row) < MIN_POINTS <= len(before.row):
            keep[low:high] = False
            others.append(len(after.row))
        else:
            keep[begin:low] = False
            others.append(len(before.row))
            begin, judged = low, len(others)
    if others:
        sizes = ", ".join(str(k) for k in others[:8]) + (" …" if len(others) > 8 else "")
        place = "the first" if not judged else f"number {judged + 1}"
        if judged == len(others):
            place = "the last one"
        notes.append(
            f"the log holds {len(others) + 1} runs one after another; this is {place} of them,"
            f" the others ({sizes} points) were left out"
        )
    return keep, position


def _start(position: FloatArray, at: IntArray, index: int) -> int:
    """Return where a run begins whose first loss is the `index`th: an evaluation may precede it."""
    row = int(at[index])
    first = position[row]
    while row - 1 > at[index - 1] and position[row - 1] <= first:
        row -= 1
    return row


def _continues(before: FloatArray, after: FloatArray) -> bool:
    """Return whether a loss takes up where it was, and not where training once began."""
    fresh = after[np.isfinite(after)]
    if not len(fresh):
        return False
    fall = before[0] - before[-1]
    return bool(fall > 0 and fresh[0] - before[-1] <= CONTINUED_SHARE * fall)
