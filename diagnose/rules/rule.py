"""What a rule is, and what it finds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from diagnose.measures.facts import Facts

FOUND, CLEAR, NOT_CHECKED = "found", "clear", "not_checked"

OPTIMIZATION, GENERALIZATION, LOGGING = "optimization", "generalization", "logging"


class Threshold(NamedTuple):
    """A number that a rule compares with.

    Attributes:
        value: The number.
        unit: What it counts; empty for a plain ratio.
        source: A DOI or URL, a command of ours that measures it, or the word "judgement".
        name: What it bounds.
    """

    name: str
    value: float
    unit: str
    source: str


class Evidence(NamedTuple):
    """One number that a finding rests on.

    Attributes:
        name: What was measured.
        value: Its value.
        unit: Its unit; empty for a ratio.
        threshold: What it was compared with, if it was.
        step: Where in the run, if anywhere.
    """

    name: str
    value: float
    unit: str = ""
    threshold: float | None = None
    step: float | None = None


class Remedy(NamedTuple):
    """A technique for a finding, and why it fits.

    Attributes:
        technique: The technique's slug in the catalog.
        why: One sentence, in which `{name}` stands for a piece of evidence.
        suits: Whether it suits a run; None means always.
    """

    technique: str
    why: str
    suits: Callable[[Facts], bool] | None = None


class Finding(NamedTuple):
    """What one rule says of one run.

    Attributes:
        code: The rule's code.
        name: The rule's name, which is the symptom.
        state: `found`, `clear`, or `not_checked`.
        message: One plain sentence.
        reason: Why it was not checked; empty otherwise.
        severity: `problem` if it can decide the verdict, `warning` if the reader should know,
            `note` otherwise.
        steps: Where in the run the symptom is.
        evidence: The numbers, also when clear, so that the reader sees how near it was.
        reliability: Precision and recall on a labelled benchmark; None until measured.
    """

    code: str
    name: str
    state: str
    message: str
    reason: str = ""
    severity: str = "note"
    steps: tuple[float, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    reliability: dict[str, float | int | str] | None = None

    def value(self, name: str) -> float:
        """Return a piece of evidence by name; NaN if it is not there."""
        return next((e.value for e in self.evidence if e.name == name), math.nan)

    @property
    def is_problem(self) -> bool:
        """Whether it was found and can decide the verdict."""
        return self.state == FOUND and self.severity == "problem"


class Rule(NamedTuple):
    """A symptom, how to see it, and what to do about it.

    Attributes:
        code: The code that never changes its meaning.
        name: The symptom, in the field's term, as a slug; its file is named so.
        title: The symptom in words.
        problem: The problem it speaks for: `optimization`, `generalization` or `logging`.
        check: Looks for it.
        thresholds: The numbers it compares with.
        remedies: Techniques in the order to try them.
        since: The version it came with.
    """

    code: str
    name: str
    title: str
    problem: str
    check: Callable[[Facts], Finding]
    thresholds: tuple[Threshold, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    since: str = "0.1.0"

    def found(self, message: str, severity: str, **more: Any) -> Finding:
        """Say that the symptom is there."""
        return Finding(self.code, self.name, FOUND, message, severity=severity, **more)

    def clear(self, message: str, **more: Any) -> Finding:
        """Say that it was looked for and is not there."""
        return Finding(self.code, self.name, CLEAR, message, **more)

    def not_checked(self, reason: str, **more: Any) -> Finding:
        """Say that it could not be looked for, and why."""
        return Finding(
            self.code, self.name, NOT_CHECKED, f"Not checked: {reason}.", reason=reason, **more
        )


def number(value: float, digits: int = 3) -> str:
    """Write a number for a sentence: three significant digits, no trailing zeros, steps whole."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    size = abs(value)
    if size >= 10**digits:
        return f"{value:,.0f}" if size < 1e7 else f"{value:.{digits - 1}e}"
    if size < 1e-4:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{digits}g}"


def percent(share: float) -> str:
    """Write a share as a percentage for a sentence, or as a multiple if it is large."""
    if not math.isfinite(share):
        return "an unknown share"
    if abs(share) >= 10:
        return f"{number(share)} times"
    points = 100 * share
    return f"{points:.0f} %" if abs(points) >= 9.5 else f"{points:.2g} %"
