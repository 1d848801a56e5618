"""Paired comparison: two arms on the same seeds, their mean difference and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
"""Confidence of every interval."""
AGREEMENT = 0.8
"""Share of the seeds that must point the way the mean does."""

Verdict = Literal["supported", "opposite", "not measurable at this scale"]


class Paired(NamedTuple):
    """A metric in two arms over the same seeds.

    Attributes:
        difference: Mean of treatment minus control.
        low: Lower end of its interval, of Student's t at `LEVEL`.
        high: Upper end.
        agreement: Share of the seeds whose difference has the sign of the mean.
    """

    difference: float
    low: float
    high: float
    agreement: float


def compare(control: Sequence[float], treatment: Sequence[float]) -> Paired:
    """Compare two arms seed by seed.

    Args:
        control: (n,) finite values, n at least 2.
        treatment: (n,) finite values on the same seeds.

    Raises:
        ValueError: If the arms differ in length, are shorter than 2, or hold a value that is not
            finite.
    """
    a, b = np.asarray(control, float), np.asarray(treatment, float)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2:
        raise ValueError(
            f"two arms of one length of at least 2 are compared. Got {a.shape}, {b.shape}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("only finite values are compared.")
    gaps = b - a
    mean = float(gaps.mean())
    if np.ptp(gaps) == 0:  # Student's t has no interval without spread
        return Paired(mean, mean, mean, 1.0 if mean else 0.0)
    interval = stats.ttest_rel(b, a).confidence_interval(LEVEL)
    agreement = float(np.mean(np.sign(gaps) == np.sign(mean))) if mean else 0.0
    return Paired(mean, float(interval.low), float(interval.high), agreement)


def judge(paired: Paired, lower_is_better: bool = True) -> Verdict:
    """Say whether a claim of improvement held.

    It is *supported* if the interval lies wholly on the better side of zero and at least
    `AGREEMENT` of the seeds agree, *opposite* if both hold for the worse side.
    """
    if paired.agreement < AGREEMENT or paired.low <= 0 <= paired.high:
        return "not measurable at this scale"
    return "supported" if (paired.difference < 0) == lower_is_better else "opposite"
