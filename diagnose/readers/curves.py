"""From printed points to curves: progress bars, running means and values of single batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from diagnose.run import BoolArray, FloatArray, IntArray

RUNNING = 0.35
"""A mean so far moves less, by this share, in an epoch's later half than in its first."""
MIN_DRAWS = 8
"""So many values of an epoch tell a running mean from single batches' losses."""
MIN_EPOCHS = 3
"""Means of so many epochs make a curve; of fewer, the batches' losses do."""
SHOWN = 0.05
"""What a bar goes on showing changes in no more than this share of its drawings."""
WHOLE = 0.9
"""An epoch of which so much was counted is whole."""

EVALUATED = ("val", "test")
"""Parts of the data that are gone through for one number."""


@dataclass(slots=True, eq=False)
class Points:
    """The points of one quantity.

    Attributes:
        line: (n,) the lines that tell them.
        value: (n,) the values.
        epoch: (n,) the epoch of each, NaN where unknown.
        inside: (n,) the count within the epoch, NaN where the point is of a whole epoch.
        of: (n,) how many counts an epoch has.
        step: (n,) the count through the run, NaN where the line has none.
        own: (n,) whether the line itself says where it stands.
        running: (n,) whether it is known to be a mean over the epoch so far.
        bar: (n,) whether a progress bar tells it.
        paired: (n,) whether the line tells a training and a validation loss.
        form: (n,) which wording the line has.
        kind: The kind of quantity.
    """

    line: IntArray
    value: FloatArray
    epoch: FloatArray
    inside: FloatArray
    of: FloatArray
    step: FloatArray
    own: BoolArray
    running: BoolArray
    bar: BoolArray
    paired: BoolArray
    form: IntArray
    kind: str = ""

    def with_value(self, value: FloatArray, kind: str) -> Points:
        """Return the same places with other values."""
        return replace(self, value=value, kind=kind)

    def where(self, mask: BoolArray | IntArray) -> Points:
        """Return some of the points."""
        return replace(self, **{name: getattr(self, name)[mask] for name in _ARRAYS})

    @staticmethod
    def joined(parts: Sequence[Points]) -> Points:
        """Return all points in the order of their lines."""
        if len(parts) == 1:
            return parts[0]
        order = np.argsort(np.concatenate([part.line for part in parts]), kind="stable")
        every: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])[order] for name in _ARRAYS
        }
        return replace(parts[0], **every)


_ARRAYS = [f.name for f in fields(Points) if f.name != "kind"]


def reduced(
    points: dict[tuple[str, str], Points], notes: list[str]
) -> dict[tuple[str, str], Points]:
    """Keep of what an epoch's lines tell that which makes a curve.

    A mean over the epoch so far counts once an epoch, where it is whole; losses of single batches
    are kept as they are, under another name where the epochs' own values are told as well.

    Args:
        points: Each quantity's points, by the part of the data and its name.
        notes: Takes what was done.
    """
    out: dict[tuple[str, str], Points] = {}
    for (split, name), part in points.items():
        if name.endswith(" average"):
            continue
        average = points.get((split, f"{name} average"))
        if average is not None and len(average.line) >= 0.5 * len(part.line):
            whole = _of_means(average, part, split, notes)
            if whole is not None:
                out[split, name] = whole
                if split not in EVALUATED:
                    out[split, f"{name} batch"] = _last_of_each(part)
                continue
        label = f"{split} {name}".strip()
        out[split, name] = _curve(part, split, label, notes)
    return _apart(out)


def _apart(curves: dict[tuple[str, str], Points]) -> dict[tuple[str, str], Points]:
    """Give the losses of single batches a name of their own beside those of whole epochs."""
    out: dict[tuple[str, str], Points] = {}
    for (split, name), part in curves.items():
        inside = np.isfinite(part.inside)
        alike = [split, "train"] if split == "" else [split, ""] if split == "train" else [split]
        told = [curves[s, name] for s in alike if (s, name) in curves]
        if (
            inside.any()
            and (part.paired & ~part.bar)[inside].all()
            and 2 * inside.sum() >= len(inside)
        ):
            # Evaluations within epochs; what else is told of whole epochs is another program's.
            out.setdefault((split, name), part.where(inside))
            if not inside.all():
                out.setdefault((split, f"{name} summary"), part.where(~inside))
            continue
        whole = any((~np.isfinite(p.inside)).sum() > 1 for p in told)
        if whole and inside.any():
            if (~inside).any():
                out[split, name] = part.where(~inside)
            out.setdefault((split, f"{name} batch"), part.where(inside))
        else:
            out.setdefault((split, name), part)
    return out


def _curve(part: Points, split: str, label: str, notes: list[str]) -> Points:
    """Reduce the points within epochs."""
    if part.bar.any():
        part = _redrawn(part)
    inside = np.isfinite(part.inside) & np.isfinite(part.epoch)
    if not inside.any():
        return _changes(part) if split in EVALUATED and part.bar.all() else part
    drawn, rest = part.where(inside), part.where(~inside)
    segment = _segments(drawn)
    if (drawn.paired & ~drawn.bar).all():
        # Each line is an evaluation.
        return part
    if segment[-1] == len(segment) - 1 and len(rest.line) < 2:
        return Points.joined([_of_epoch(drawn), rest])
    ends = np.append(np.flatnonzero(np.diff(segment)), len(segment) - 1)
    shown = _shown(drawn, segment, ends) if drawn.bar.all() else None
    if shown is not None:
        return Points.joined([shown, rest])
    if split in EVALUATED:
        return Points.joined([_validation(drawn, segment, ends, label, notes), rest])
    if drawn.running.any() or _is_running(drawn, segment):
        whole = _whole(drawn, ends)
        if len(whole) > 1 and (drawn.running.any() or len(whole) >= MIN_EPOCHS):
            notes.append(f"{label}: a mean over the epoch so far; the last of each whole epoch")
            return Points.joined([_of_epoch(drawn.where(whole)), rest])
        if drawn.running.any():
            notes.append(f"{label}: a mean over the epoch so far, as the progress bar shows it")
    return part


def _shown(drawn: Points, segment: IntArray, ends: IntArray) -> Points | None:
    """Return one value an epoch of what a bar shows until the next is known; None of the rest.

    Lightning's `train_loss_epoch` and `val_loss` are those of the epoch before until the bar is
    drawn for the last time, and for longer where it is not drawn then.
    """
    starts = np.append(0, ends[:-1] + 1)
    within = np.diff(segment) == 0
    early = within & (drawn.inside[1:] < WHOLE * drawn.of[1:])
    changed = early & (np.diff(drawn.value) != 0)
    distinct = len(np.unique(drawn.value[ends]))
    if early.sum() < max(MIN_EPOCHS, len(ends) - 1) or changed.sum() > SHOWN * early.sum():
        return None
    if distinct < 2 or distinct < 0.5 * len(ends):
        return None
    several = (ends > starts) & (drawn.inside[starts] < 0.5 * drawn.of[starts])
    renewed = drawn.value[ends] != drawn.value[starts]
    if renewed[several].sum() >= 0.5 * several.sum():
        return _of_epoch(drawn.where(_whole(drawn, ends)))
    begun = drawn.where(ends)
    return replace(begun, inside=np.zeros(len(ends)))


def _validation(
    drawn: Points, segment: IntArray, ends: IntArray, label: str, notes: list[str]
) -> Points:
    """Return one validation loss for each epoch, or each change of it within one."""
    changes = np.diff(drawn.value) != 0
    if segment[-1] == 0 and changes.sum() < 0.5 * len(drawn.line):
        return _changes(drawn)
    if drawn.paired.all():
        # Until it is known, a training bar shows the validation loss of the epoch before.
        whole = _whole(drawn, ends)
        return _of_epoch(drawn.where(whole if len(whole) else ends))
    inner = changes & (np.diff(segment) == 0)
    if inner.sum() <= 0.2 * len(inner) or drawn.running.any() or _is_running(drawn, segment):
        return _of_epoch(drawn.where(ends))
    notes.append(f"{label}: the mean of the batches told of each epoch")
    starts = np.append(0, ends[:-1] + 1)
    means = np.add.reduceat(drawn.value, starts) / (ends - starts + 1)
    return _of_epoch(replace(drawn.where(ends), value=means))


def _of_means(part: Points, single: Points, split: str, notes: list[str]) -> Points | None:
    """Return the last mean of each whole epoch; None if it is no mean over the epoch.

    Args:
        part: The means so far.
        single: The values that they are means of.
        split: The part of the data.
        notes: Takes what was done.
    """
    inside = np.isfinite(part.inside) & np.isfinite(part.epoch)
    if not inside.all():
        return None
    segment = _segments(part)
    ends = np.append(np.flatnonzero(np.diff(segment)), len(segment) - 1)
    if split in EVALUATED:
        return _of_epoch(part.where(ends))
    whole = _whole(part, ends)
    if len(whole) < MIN_EPOCHS or len(single.line) != len(part.line):
        return None
    starts = np.append(0, ends[:-1] + 1)
    begins_anew = (part.value[starts] == single.value[starts]).mean() > WHOLE
    if not (begins_anew or part.running.any() or _is_running(part, segment)):
        return None
    notes.append("the loss of an epoch is the mean over it, as the epoch's last line tells it")
    return _of_epoch(part.where(whole))


def _segments(part: Points) -> IntArray:
    """Number the passes through the data: a pass ends where the count falls or the epoch does."""
    new = (np.diff(part.inside) < 0) | (np.diff(part.epoch) != 0) | (np.diff(part.of) != 0)
    return np.append(0, np.cumsum(new))


def _whole(part: Points, ends: IntArray) -> IntArray:
    """Return the last points of the epochs that were told to their end."""
    share = part.inside[ends] / part.of[ends]
    usual = np.median(share[:-1]) if len(share) > 1 else 1.0
    keep = np.ones(len(ends), dtype=bool)
    keep[-1] = share[-1] >= min(WHOLE, usual)
    return ends[keep]


def _is_running(part: Points, segment: IntArray) -> bool:
    """Return whether a value is a mean over the epoch so far: it moves ever less within one."""
    first, count = np.unique(segment, return_index=True, return_counts=True)[1:]
    ratios = []
    for low, n in zip(first[:50].tolist(), count[:50].tolist(), strict=True):
        if n < MIN_DRAWS:
            continue
        moved = np.abs(np.diff(part.value[low : low + n]))
        late = part.inside[low + 1 : low + n] > 0.5 * part.inside[low + n - 1]
        early = moved[~late].sum()
        if np.isfinite(moved).all() and early > 0:
            ratios.append(moved[late].sum() / early)
    return bool(ratios) and float(np.median(ratios)) < RUNNING


def _of_epoch(part: Points) -> Points:
    """Return points as those of whole epochs."""
    return replace(part, inside=np.full(len(part.line), np.nan))


def _last_of_each(part: Points) -> Points:
    return _redrawn(part) if part.bar.any() else part


def _redrawn(part: Points) -> Points:
    """Keep the last drawing of each count of a bar.

    A bar is drawn anew when it moves on, still with the value of the batch before, and again when
    the new value is known. What it then shows last, if it moved on alone, is no new value.
    """
    count = np.where(np.isfinite(part.inside), part.inside, part.step)
    same = (np.diff(count) == 0) & ~(np.diff(part.epoch) != 0)
    same &= part.bar[1:] & part.bar[:-1]
    last = np.append(~same, True)
    # A bar that begins anew still shows the last value of the one before.
    stale = (count[1:] < count[:-1]) & (part.value[1:] == part.value[:-1]) & part.bar[1:]
    last[1:] &= ~stale
    twice = same.sum() > 0.3 * len(count)
    if twice and not same[-1] and part.value[-1] == part.value[-2] and not part.running.any():
        last[-1] = False
    return part.where(last)


def _changes(part: Points) -> Points:
    """Keep the points at which a value that a bar goes on showing is new."""
    new = np.append(True, part.value[1:] != part.value[:-1])
    return part.where(new) if new.sum() <= 0.5 * len(new) else part


def spread_ties(position: FloatArray, part: Points, notes: list[str]) -> FloatArray:
    """Set apart points whose epochs were rounded to the same number."""
    whole = position[np.isfinite(position)]
    if (
        not len(whole)
        or np.isfinite(part.inside).any()
        or (whole == np.round(whole)).mean() > 0.9
        or not part.own.all()
    ):
        return position
    same = np.append(False, (np.diff(position) == 0))
    if not same.any():
        return position
    out = position.copy()
    index = np.arange(len(position))
    begin = np.maximum.accumulate(np.where(same, 0, index))
    order = index - begin
    count = np.bincount(begin, minlength=len(position))[begin]
    following = np.append(np.flatnonzero(~same), len(position))
    after = following[np.searchsorted(following, index, side="right")]
    gap = np.median(np.diff(position)[~same[1:]]) if (~same[1:]).any() else 0.0
    end = np.where(after < len(position), position[np.minimum(after, len(position) - 1)], np.nan)
    end = np.where((end > position) & (end - position <= 3 * gap), end, position + gap)
    out += (end - position) * order / count
    notes.append(
        f"{int(same.sum())} points whose epochs were rounded to the same number were set apart"
    )
    return out
