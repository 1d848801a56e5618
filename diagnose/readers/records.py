"""From printed curves to columns: which points share a row."""

from __future__ import annotations

import numpy as np

from diagnose.readers.axis import Column
from diagnose.readers.curves import Points, spread_ties
from diagnose.readers.phrases import LOSSES
from diagnose.run import BoolArray, FloatArray, IntArray

MIN_OWN = 3
"""Beside so many losses that say where they stand, another that does not is a mention."""
SAME = 1e-3
"""A loss told again in passing, often with fewer digits, differs by less than this share."""


def columns_of(
    curves: dict[tuple[str, str], Points],
    position: dict[tuple[str, str], FloatArray],
    axis: str,
    notes: list[str],
) -> dict[str, Column]:
    """Put the points into rows: those of one step, told one after another, share a row."""
    keys = list(curves)
    if axis:
        # What is told several times of one step alone is a report, not a curve.
        keys = [k for k in keys if curves[k].kind in LOSSES or np.ptp(position[k]) != 0]
    for key in keys:
        lasting = _lasting(curves[key])
        if not lasting.all():
            value = curves[key].value[~lasting][0]
            notes.append(f"{' '.join(key).strip()}: {value:g}, told once without a step, left out")
            curves = {**curves, key: curves[key].where(lasting)}
            position = {**position, key: position[key][lasting]}
    if axis == "epoch":
        position = {key: spread_ties(position[key], curves[key], notes) for key in keys}
    line = np.concatenate([curves[key].line for key in keys])
    order = np.argsort(line, kind="stable")
    of = np.concatenate([np.full(len(curves[key].line), n) for n, key in enumerate(keys)])[order]
    value = np.concatenate([curves[key].value for key in keys])[order]
    where = np.concatenate([position[key] for key in keys])[order]
    own = np.concatenate([curves[key].own for key in keys])[order]
    source = [
        np.concatenate([getattr(curves[key], name) for key in keys])[order].tolist()
        for name in ("line", "form", "of")
    ]
    told_by = list(zip(*source, strict=True))
    moved = (where[1:] != where[:-1]) & ~(np.isnan(where[1:]) & np.isnan(where[:-1]))
    visit = np.append(0, np.cumsum(moved))
    several = _with_repeats(visit, of, len(keys))
    rows_of = np.ones(visit[-1] + 1, dtype=np.int64)
    split: dict[int, list[dict[int, list[float]]]] = {}
    for at in several.tolist():
        low, high = np.searchsorted(visit, [at, at + 1])
        split[at] = _rows(
            of[low:high].tolist(),
            value[low:high].tolist(),
            own[low:high].tolist(),
            told_by[low:high],
        )
        rows_of[at] = len(split[at])
    start = np.cumsum(rows_of) - rows_of
    columns = {}
    if axis:
        first = where[np.searchsorted(visit, np.arange(len(rows_of)))]
        known = np.repeat(first, rows_of)
        finite = np.flatnonzero(np.isfinite(known))
        columns[axis] = Column(finite, known[finite])
    simple = ~np.isin(visit, several)
    for n, key in enumerate(keys):
        name = " ".join(key).strip()
        mine = simple & (of == n)
        told = {
            int(start[at]) + row: cells[n]
            for at, rows in split.items()
            for row, cells in enumerate(rows)
            if n in cells
        }
        row = np.append(start[visit[mine]], np.array(list(told), dtype=np.int64))
        if told and not mine.any() and min(map(len, told.values())) > 1 and len(told) > 1:
            most = max(map(len, told.values()))
            notes.append(
                f"{name}: {most} values of one step, as several devices tell them, were averaged"
            )
            values = [v[0] if len(set(v)) == 1 else sum(v) / len(v) for v in told.values()]
        else:
            values = [v[-1] for v in told.values()]
        every = np.append(value[mine], values)
        by_row = np.argsort(row, kind="stable")
        columns[name] = Column(row[by_row], every[by_row])
    return columns


def _lasting(part: Points) -> BoolArray:
    """Return which points are no mention, as of the best model's loss behind the last epoch's."""
    single = np.zeros(len(part.line), dtype=bool)
    if part.kind in LOSSES and part.own.sum() >= MIN_OWN:
        form, count = np.unique(part.form, return_counts=True)
        single = ~part.own & np.isin(part.form, form[count == 1])
    out: BoolArray = ~single
    return out


def _with_repeats(visit: IntArray, of: IntArray, columns: int) -> IntArray:
    """Return the visits to a position that tell a column more than once."""
    cell = np.sort(visit * columns + of)
    twice: IntArray = np.unique(cell[1:][cell[1:] == cell[:-1]] // columns)
    return twice


def _rows(
    of: list[int], value: list[float], own: list[bool], told_by: list[tuple[int, int, float]]
) -> list[dict[int, list[float]]]:
    """Put the points of one position into rows; a column told again begins a new one.

    Args:
        of: The column of each point.
        value: Its value.
        own: Whether its line says where it stands.
        told_by: Its line, the line's wording and the total that it counts to.

    Returns:
        For each row, the values of its columns; several where they were told alike, as by several
        devices.
    """
    rows: list[dict[int, list[float]]] = [{}]
    owned: dict[int, bool] = {}
    last: dict[int, tuple[int, int, float]] = {}
    for column, number, is_own, teller in zip(of, value, own, told_by, strict=True):
        other, last[column] = last.get(column), teller
        before = rows[-1].get(column)
        if before is None:
            rows[-1][column] = [number]
        elif is_own and owned[column]:
            if _are_devices(other, teller):
                before.append(number)
            else:
                rows[-1][column] = [number]
            continue
        elif is_own or owned[column]:
            # One of the two is a mention in passing, as of the loss that is saved.
            is_same = abs(before[-1] - number) <= SAME * abs(number)
            if not is_same and not is_own:
                rows.append({column: [number]})
                owned = {}
            elif is_own:
                rows[-1][column] = [number]
            else:
                continue
        else:
            rows.append({column: [number]})
            owned = {}
        owned[column] = is_own
    return rows


def _are_devices(a: tuple[int, int, float] | None, b: tuple[int, int, float]) -> bool:
    """Return whether two points come from lines alike, as several devices print them."""
    if a is None or a[0] == b[0] or a[1] != b[1]:
        return False
    return a[2] == b[2] or (a[2] != a[2] and b[2] != b[2])
