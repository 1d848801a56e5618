"""Run and Series: what every log, live run and re-run becomes before it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from diagnose.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray: TypeAlias = npt.NDArray[np.float64]
    IntArray: TypeAlias = npt.NDArray[np.int64]
    BoolArray: TypeAlias = npt.NDArray[np.bool_]
else:
    # `numpy.typing` is slow to import, and a running program needs none of it.
    FloatArray = IntArray = BoolArray = np.ndarray

ROLES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy", "lr", "grad_norm")
"""What a series can stand for in the rules; every other series keeps its own name."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One logged quantity on its own step axis.

    Attributes:
        name: The column's name in the log, or the names that were summed.
        step: (n,) strictly increasing positions, in the run's step unit.
        value: (n,) values as logged; NaN and infinities are values that were logged, not gaps.
    """

    name: str
    step: FloatArray
    value: FloatArray

    def __post_init__(self) -> None:
        if self.step.ndim != 1 or self.step.shape != self.value.shape:
            raise DataError(
                f"{self.name}: steps and values must be two lists of one length."
                f" Got {self.step.shape} and {self.value.shape}."
            )
        if not np.isfinite(self.step).all() or ((self.step[1:] - self.step[:-1]) <= 0).any():
            raise DataError(f"{self.name}: steps must be finite and strictly increasing.")

    def __len__(self) -> int:
        return len(self.value)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One training run, as its log tells it.

    Attributes:
        source: Where it came from: a path, `<stdin>`, or `<arrays>`.
        format: The log format it was read as.
        step_unit: What a step counts: `epoch`, `step`, `iteration`, `row` and the like.
        series: Every series that was read, by role where it has one, else by its own name.
        columns: For each role, the names of the log's columns that it was made of.
        unused: Names of columns that were seen and not used.
        notes: What the reader did and the reader of the report should know.
        is_comparable: Whether the two losses are of one scale; a sum and a mean are not, and no gap
            between them means anything.
    """

    source: str
    format: str
    step_unit: str
    series: Mapping[str, Series]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_comparable: bool = True

    def get(self, role: str) -> Series | None:
        """Return the series of a role or name, or None if it was not logged."""
        return self.series.get(role)

    @property
    def train_loss(self) -> Series | None:
        """The training loss as logged."""
        return self.series.get("train_loss")

    @property
    def val_loss(self) -> Series | None:
        """The validation loss as logged."""
        return self.series.get("val_loss")

    @property
    def n_points(self) -> int:
        """The number of points of the longer loss."""
        return max((len(s) for s in (self.train_loss, self.val_loss) if s is not None), default=0)
