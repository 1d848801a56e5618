"""What is wrong with a run, by what helped: the classes follow from outcomes alone."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.interventions.programs import CHOSEN_ON

FROZEN = Path(__file__).parent / "runs.jsonl.gz"
Record = dict[str, Any]

OPTIMIZATION_ARMS = (
    "rate x10",
    "rate /10",
    "adam",
    "initialization",
    "input-scaling",
    "normalization",
    "activation-function",
    "skip-connection",
    "gradient-clipping",
    "learning-rate-warm-up",
    "learning-rate-schedule",
    "repaired",
    "repaired, normalized",
)
GENERALIZATION_ARMS = ("more-data", "weight-decay", "dropout", "augmentation")

UNSTABLE = 2
"""A repeat whose training loss is lower by so many margins shows that the run was unstable."""

CAUSES = ("optimization", "undertrained", "over-regularized", "capacity")
UNDERFITTING = (*CAUSES, "nothing learned")


class Margins(NamedTuple):
    """What "clearly" means, as shares of the constant predictor's training loss.

    An arm must be lower by so much than the run and than its repeat with another seed, so that luck
    is no help.

    Attributes:
        train: By how much a clean training loss is clearly lower.
        val: By how much a best validation loss is clearly lower.
        lower: By how much a best validation loss must be lower beside a lower training loss.
        gap: How wide a gap at the end is wide.
    """

    train: float = 0.05
    val: float = 0.03
    lower: float = 0.01
    gap: float = 0.10

    def times(self, factor: float) -> Margins:
        """Return all margins at another size."""
        return Margins(*(factor * value for value in self))


MARGINS = Margins()


class Outcome(NamedTuple):
    """A run's clean training and validation loss at the end, and its lowest validation loss."""

    train: float
    val: float
    best: float


def outcomes(record: Record) -> dict[str, Outcome]:
    """Return the outcomes by arm; a loss that was not finite is infinite."""
    return {
        name: Outcome(*(math.inf if v is None else v for v in values))
        for name, values in record["outcomes"].items()
    }


def classes(record: Record, margins: Margins = MARGINS) -> frozenset[str]:
    """Return what is wrong with a run: several of the classes may hold.

    `optimization` if the same network, or one that is normalized, reaches a clearly lower clean
    training loss and a lower best validation loss in as many steps, or if another seed does by far;
    `undertrained` if only more steps do; `capacity` if only a larger network does;
    `over-regularized` if the same without its regularization does. A run that ends no better than
    a constant is compared by its end. `nothing learned` if none of these helped, and the training
    loss is hardly below a constant's. `overfitting` if the gap is wide at the end, the training
    loss is below a constant's, and more data, more regularization or stopping at the best step
    clearly lowers the validation loss. `healthy` if nothing else holds.
    """
    scale = record["constant"][0]
    made = outcomes(record)
    base, again = made["base"], made["again"]
    train, best = min(base.train, again.train), min(base.best, again.best)
    # What a run had learned on the way does not make up for an end that is as good as a guess.
    is_lost = not base.train < scale

    def fits_better(arm: str) -> bool:
        new = made.get(arm)
        if new is None:
            return False
        if is_lost:
            return new.train <= (1 - margins.train) * scale and new.val < base.val
        return (
            train - new.train >= margins.train * scale and best - new.best >= margins.lower * scale
        )

    found = set()
    is_unstable = (
        base.train - again.train >= UNSTABLE * margins.train * scale and again.best < base.best
    )
    if is_unstable or any(map(fits_better, OPTIMIZATION_ARMS)):
        found.add("optimization")
    if fits_better("less-regularization"):
        found.add("over-regularized")
    if not found and fits_better("longer-training"):
        found.add("undertrained")
    if not found and fits_better("larger-model"):
        found.add("capacity")
    if not found and base.train > (1 - margins.train) * scale:
        found.add("nothing learned")
    if base.val - base.train >= margins.gap * scale and base.train < scale:
        helped = base.val - base.best >= margins.val * scale or any(
            best - made[arm].best >= margins.val * scale
            for arm in GENERALIZATION_ARMS
            if arm in made
        )
        if helped:
            found.add("overfitting")
    return frozenset(found or {"healthy"})


def problems(found: frozenset[str]) -> frozenset[str]:
    """Return the problems that classes stand for, in the words of a verdict."""
    out = {"underfitting" if name in UNDERFITTING else name for name in found}
    return frozenset(out)


def is_held_out(record: Record) -> bool:
    """Return whether a run's program and data set had no part in choosing rules."""
    return record["program"] not in CHOSEN_ON


def load(path: Path = FROZEN) -> list[Record]:
    """Return the frozen records."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
