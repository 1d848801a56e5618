"""The learning-rate schedule as the log shows it: drops, restarts, and how far it has decayed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diagnose.run import Series

DROP_FACTOR = 2.0
"""A learning rate that falls by this factor within two entries was dropped, not decayed."""
RESTART_FACTOR = 2.0
"""A learning rate that rises by this factor after having fallen was restarted."""
WARM_UP_SHARE = 0.25
"""Rises within this first share of the run are warm-up."""


class Schedule(NamedTuple):
    """What the learning rate did.

    Attributes:
        peak: Its largest value.
        end: Its last value.
        drops: Steps at which it fell at once.
        restarts: Steps at which it rose again after warm-up.
    """

    peak: float
    end: float
    drops: tuple[float, ...]
    restarts: tuple[float, ...]

    @property
    def remaining(self) -> float:
        """The last learning rate as a share of the peak."""
        return self.end / self.peak if self.peak > 0 else 0.0


def measure_schedule(series: Series) -> Schedule | None:
    """Measure a logged learning rate; None if it holds fewer than three finite values."""
    finite = np.isfinite(series.value)
    step, value = series.step[finite], series.value[finite]
    if len(value) < 3:
        return None
    peak = float(value.max())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(value[:-1] > 0, value[1:] / value[:-1], np.inf)
    late = step[1:] > step[0] + WARM_UP_SHARE * (step[-1] - step[0])
    fallen = value[:-1] < 0.5 * np.maximum.accumulate(value)[:-1]
    up = (
        (ratio >= RESTART_FACTOR)
        & fallen
        & (late | (np.arange(1, len(value)) > int(value.argmax())))
    )
    # A decay to zero falls by large factors in its last entries; a drop starts from a high level.
    down = (ratio <= 1 / DROP_FACTOR) & (value[:-1] > 0.01 * peak)
    held = np.append(True, np.abs(np.diff(value[:-1])) <= 0.01 * value[1:-1])
    return Schedule(
        peak=peak,
        end=float(value[-1]),
        drops=tuple(float(s) for s in step[1:][down & held]),
        restarts=tuple(float(s) for s in step[1:][up]),
    )
