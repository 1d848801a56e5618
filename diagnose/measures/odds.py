"""How likely a run is to underfit and to overfit, by runs whose problem is known.

Each probability is a logistic function of a few facts, the *terms*, all shares of one scale of the
loss. The weights were fitted to the benchmark's runs by `python -m benchmarks.fit`, those with a
linear model's loss and those of the log alone by themselves; other programs and data sets than
those that were fitted tell how often they are right. Source: benchmarks/interventions.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from diagnose.measures.facts import Facts

MIN_POINTS = 4
"""Points that either loss must have."""
SMALLEST = 0.01
"""A level this small, as a share of the scale, is as good as none: what the logarithm starts at."""
LARGEST = 2.0
"""Distances of more than this share of the scale are all alike."""


class Limits(NamedTuple):
    """Where probabilities decide, chosen by `python -m benchmarks.fit`.

    Attributes:
        low: A probability of underfitting up to this shows a training loss that is low.
        underfitting: One from here on shows underfitting; above 1, none does.
        overfitting: A probability of overfitting from here on shows it.
        no_overfitting: One up to this shows that there is none.
        rise: One from here on lets a rise of the validation loss count as overfitting.
    """

    low: float
    underfitting: float
    overfitting: float
    no_overfitting: float
    rise: float


LIMITS = {
    "with a linear model": Limits(0.3, 0.8, 0.65, 0.5, 0.65),
    # Language and noisy labels set a floor to the loss that the log alone does not show.
    "log alone": Limits(0.15, 2.0, 0.85, 0.3, 0.3),
}


class Odds(NamedTuple):
    """How likely a run is to have either problem.

    Attributes:
        underfitting: Between 0 and 1.
        overfitting: Between 0 and 1.
        terms: What they were computed from, by name.
        evidence: `with a linear model` or `log alone`, as in `LIMITS`.
    """

    underfitting: float
    overfitting: float
    terms: dict[str, float]
    evidence: str

    @property
    def is_low(self) -> bool | None:
        """Whether the training loss is as low as it should be; None if that is open."""
        limits = LIMITS[self.evidence]
        if self.underfitting >= limits.underfitting:
            return False
        return True if self.underfitting <= limits.low else None

    @property
    def is_overfitting(self) -> bool | None:
        """Whether the run overfits; None if that is open."""
        limits = LIMITS[self.evidence]
        if self.overfitting >= limits.overfitting:
            return True
        return False if self.overfitting <= limits.no_overfitting else None

    @property
    def lets_a_rise_count(self) -> bool:
        """Whether a rise of the validation loss counts as overfitting."""
        return self.overfitting >= LIMITS[self.evidence].rise


def terms(facts: Facts) -> dict[str, float] | None:
    """Return the terms of a run; None if it has too few points, or no positive scale.

    The scale is the constant predictor's loss, or the first logged loss where that is unknown. With
    a linear model's training and validation loss there are further terms.
    """
    train, val, train_pace, val_pace = facts.train, facts.val, facts.train_pace, facts.val_pace
    if train is None or val is None or train_pace is None or val_pace is None:
        return None
    if min(train.logged, val.logged) < MIN_POINTS:
        return None
    scale = facts.linear_scale
    if not (scale > 0 and math.isfinite(facts.gap_end) and min(val.lowest, val.end) > 0):
        return None
    out = {
        "training loss": _log(facts.clean_train_end / scale),
        "best validation loss": _log(val.lowest / scale),
        "gap": _log(facts.gap_end / scale),
        "gap as a share of the validation loss": _clip(facts.gap_end / val.end),
        "rise of the validation loss": _log((val.end - val.lowest) / scale),
        "place of the best step": val.best / (len(val) - 1),
        "fall of the training loss ahead": _log(train_pace.gain / scale),
        "fall of the validation loss ahead": _log(val_pace.gain / scale),
    }
    linear, linear_val = facts.references.linear_train, facts.references.linear_val
    if linear is not None and linear_val is not None:
        out["linear model's training loss"] = _log(linear / scale)
        out["above the linear model"] = _clip((facts.clean_train_end - linear) / scale)
        out["above the linear model on validation"] = _clip((val.lowest - linear_val) / scale)
    return out


def measure_odds(facts: Facts) -> Odds | None:
    """Return how likely a run is to have either problem; None if it has no terms."""
    made = terms(facts)
    if made is None:
        return None
    evidence = "with a linear model" if "above the linear model" in made else "log alone"
    weights = _weights()[evidence]
    return Odds(
        _probability(made, weights["underfitting"]),
        _probability(made, weights["overfitting"]),
        made,
        evidence,
    )


def _probability(made: dict[str, float], weights: dict[str, float]) -> float:
    total = weights["intercept"] + sum(weights[name] * value for name, value in made.items())
    return 1 / (1 + math.exp(-total))


@cache
def _weights() -> dict[str, Any]:
    file = Path(__file__).with_name("odds.json")
    weights: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return weights


def _log(share: float) -> float:
    """Return the logarithm of a share between `SMALLEST` and `LARGEST`; below 0 counts as 0."""
    return math.log(min(max(share, 0.0), LARGEST) + SMALLEST)


def _clip(share: float) -> float:
    return min(max(share, -LARGEST), LARGEST)
