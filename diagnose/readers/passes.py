"""Bars below an epoch's own: which pass through the data each belongs to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diagnose.run import BoolArray, FloatArray, IntArray

ENDED = 0.9
"""A bar that was drawn so far may be followed by that of the next pass."""
REDRAWN = 0.02
"""A whole bar is drawn again with the same loss, up to this share; another pass has its own."""


class Bars(NamedTuple):
    """What bars showed of a loss, in the order of their lines.

    Attributes:
        line: (n,) the lines.
        done: (n,) how far the bar was.
        total: (n,) where it ends.
        value: (n,) the loss.
        validated: (n,) whether a validation loss stands beside it.
        drawn: (n,) whether it is drawn anew as it moves on.
    """

    line: IntArray
    done: FloatArray
    total: FloatArray
    value: FloatArray
    validated: BoolArray
    drawn: BoolArray

    def where(self, mask: BoolArray | IntArray) -> Bars:
        """Return some of the points, or all in another order."""
        return Bars(
            self.line[mask], self.done[mask], self.total[mask],
            self.value[mask], self.validated[mask], self.drawn[mask],
        )  # fmt: skip

    @staticmethod
    def joined(parts: list[Bars]) -> Bars:
        """Return all points in the order of their lines."""
        every = Bars(
            np.concatenate([part.line for part in parts]),
            np.concatenate([part.done for part in parts]),
            np.concatenate([part.total for part in parts]),
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.validated for part in parts]),
            np.concatenate([part.drawn for part in parts]),
        )
        return every.where(np.argsort(every.line, kind="stable"))


def passes(bars: Bars, starts: IntArray) -> IntArray:
    """Number the passes of each epoch, from 0: the first one trains, what follows evaluates.

    Args:
        bars: The bars.
        starts: The lines that begin an epoch.

    Returns:
        (n,) the pass of each point; before the first epoch a bar of another total than its is 1.
    """
    line, done, total, value, validated, drawn = bars
    place = np.searchsorted(starts, line, side="right") - 1
    ended = done[:-1] >= ENDED * total[:-1]
    fell = (done[1:] < done[:-1]) & ended
    repeated = (done[1:] == done[:-1]) & (done[1:] == total[1:])
    moved = np.abs(value[1:] - value[:-1]) > REDRAWN * np.abs(value[:-1])
    other = ~drawn[1:] | (validated[:-1] & ~validated[1:]) | moved
    begins = (total[1:] != total[:-1]) | fell | (repeated & other)
    epoch = np.append(True, place[1:] != place[:-1])
    number = np.cumsum(np.append(False, begins) & ~epoch)
    out: IntArray = number - number[np.maximum.accumulate(np.where(epoch, np.arange(len(line)), 0))]
    before = place < 0
    if before.any() and not before.all():
        out = np.where(before, (total != total[~before][0]).astype(np.int64), out)
    return out
