"""What a demonstration is: a question, and when performed, numbers, sentences and drawings."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes


PICTURE_FORMATS = ("png", "svg", "pdf")
"""What a picture can be written as; its suffix says which."""


class Row(NamedTuple):
    """A number, beside what the lecture says of it.

    Attributes:
        what: What was measured, in words.
        lecture: What the lecture says; empty if it says nothing of it.
        value: What came out; not finite if the run diverged beyond all numbers.
        unit: What follows the number, as in "of 200"; empty for plain numbers.
    """

    what: str
    lecture: str
    value: float
    unit: str = ""

    @property
    def ours(self) -> str:
        """The value as it is printed."""
        return f"{number(self.value)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Outcome:
    """What a demonstration gave.

    Attributes:
        shown: The lecture's own demonstration, in numbers.
        condition: The numbers that say when it holds and when it does not.
        conclusions: Sentences made from the numbers.
        panels: Each draws one part of the picture.
    """

    shown: tuple[Row, ...]
    condition: tuple[Row, ...]
    conclusions: tuple[str, ...]
    panels: tuple[Callable[[Axes], None], ...]


@dataclass(frozen=True)
class Demo:
    """A demonstration before it is performed.

    Attributes:
        name: As in `gradient-descent`; its module bears the same name.
        title: What is shown, in a few words.
        question: What it answers, in one sentence that ends in a question mark.
        techniques: Slugs of the cards that it belongs to.
    """

    name: str
    title: str
    question: str
    techniques: tuple[str, ...]

    def perform(self) -> Outcome:
        """Run it; takes a few seconds at most.

        Raises:
            ModuleNotFoundError: If torch is not installed.
        """
        module = importlib.import_module(f"catalog.demos.{self.name.replace('-', '_')}")
        outcome: Outcome = module.perform()
        return outcome


def number(value: float) -> str:
    """Write a number in three digits, or in full if it is large and whole digits say more."""
    if not math.isfinite(value):
        return "diverged"
    if 1000 <= abs(value) < 1e16:
        return f"{value:,.0f}"
    return f"{value:.3g}"
