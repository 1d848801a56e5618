"""From a verdict to techniques: what to try first, and what not to try now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.card import Card, find_heading
from catalog.measured import Summary, find_summary
from diagnose.measures.facts import Facts
from diagnose.rules import find_rule
from diagnose.rules.rule import FOUND, Finding, Remedy, number, percent
from diagnose.verdict import (
    HEALTHY,
    MISCALIBRATION,
    OVERFITTING,
    UNDERFITTING,
    UNDETERMINED,
    Verdict,
)


class Advice(NamedTuple):
    """A technique to try, and why it fits this run.

    Attributes:
        technique: Its slug in the catalog.
        name: Its usual name.
        step: The step of machine learning it changes: 1 loss, 2 architecture, 3 optimization.
        benefit: What it improves: `optimization`, `generalization`, `both` or `neither`.
        why: Why it fits, with the run's numbers.
        cost: What it costs.
        code: The line of PyTorch.
        finding: The code of the finding it answers.
        measured: What it changed of this run's problem in the catalog's own experiment; None where
            nothing was measured.
    """

    technique: str
    name: str
    step: int
    benefit: str
    why: str
    cost: str
    code: str
    finding: str
    measured: Summary | None


class Avoid(NamedTuple):
    """A technique that would not help this run now, and why."""

    technique: str
    name: str
    why: str


class _Slot(float):
    """A number that writes itself as the report does; `{name:%}` gives a percentage."""

    def __format__(self, spec: str) -> str:
        plain = float(self)
        return percent(plain) if spec == "%" else number(plain)


AVOID: Mapping[str, tuple[tuple[str, str], ...]] = {
    # Problem, or problem and cause: technique and why, with the run's numbers.
    UNDERFITTING: (
        ("dropout", "raises the training loss further, and {train_end} is already the problem"),
        ("image-augmentation", "makes the training set harder to fit before it is fitted at all"),
        ("l2-penalty", "adds to a loss that is too high; take it up when a gap appears"),
        ("more-data", "closes a generalization gap; it does not lower a training loss"),
        ("early-stopping", "keeps a checkpoint that is not good enough either"),
    ),
    OVERFITTING: (
        ("optimizer", "a faster optimizer fits the training set harder than {train_end}"),
        ("learning-rate-warm-up", "repairs an unstable start; this training loss came down"),
        ("skip-connection", "eases training, and training is not what is missing"),
        ("kaiming-initialization", "lowers the training loss, which is not the problem"),
    ),
    MISCALIBRATION: (
        ("early-stopping", "would stop at {unit} {best_step}, before the accuracy was at its best"),
    ),
    UNDETERMINED: (
        ("dropout", "nothing shows overfitting yet, and it would hide whether the net can fit"),
        ("optimizer", "nothing shows yet that {train_end} is too high"),
    ),
    HEALTHY: (),
}


def advise(
    verdict: Verdict, findings: Sequence[Finding], facts: Facts
) -> tuple[list[Advice], list[Avoid]]:
    """List the techniques to try in order, and those not to use now.

    Args:
        verdict: The verdict.
        findings: The findings of all rules.
        facts: The facts they were made from.

    Returns:
        Advice that serves the verdict's problem, most fitting first; and what to avoid. A technique
        whose only benefit is the other problem's is never advised.
    """
    by = {finding.code: finding for finding in findings}
    sources = [by[code] for code in verdict.because]
    if MISCALIBRATION in verdict.also and by["GEN103"] not in sources:
        sources.append(by["GEN103"])
    sources += [
        f
        for f in findings
        if f.state == FOUND and f.severity == "warning" and f not in sources and f.code != "GEN101"
    ]
    sought = _sought(verdict)
    advice: list[Advice] = []
    for finding in sources:
        for remedy in find_rule(finding.code).remedies:
            card = find_heading(remedy.technique)
            if (
                _serves(card, sought)
                and all(a.technique != card.slug for a in advice)
                and (remedy.suits is None or remedy.suits(facts))
            ):
                advice.append(_advice(card, remedy, finding, facts, sought))
    return advice, _avoid(verdict, facts, {a.technique for a in advice})


def _sought(verdict: Verdict) -> str | None:
    """Return the benefit that a verdict asks for; None if it asks for none."""
    if verdict.problem == UNDERFITTING:
        return "optimization"
    if verdict.problem == OVERFITTING or MISCALIBRATION in verdict.also:
        return "generalization"
    return None


def _serves(card: Card, benefit: str | None) -> bool:
    """Return whether a technique is meant to improve what is sought."""
    if benefit is None:
        return True
    return card.helps_optimization if benefit == "optimization" else card.helps_generalization


def _advice(
    card: Card, remedy: Remedy, finding: Finding, facts: Facts, sought: str | None
) -> Advice:
    slots: dict[str, object] = {e.name: _Slot(e.value) for e in finding.evidence}
    slots["unit"] = facts.run.step_unit
    own = "generalization" if card.benefit == "generalization" else "optimization"
    return Advice(
        technique=card.slug,
        name=card.name,
        step=card.step,
        benefit=card.benefit,
        why=remedy.why.format_map(slots),
        cost=card.cost,
        code=card.pytorch,
        finding=finding.code,
        measured=find_summary(card.slug, sought or own),
    )


def _avoid(verdict: Verdict, facts: Facts, advised: set[str]) -> list[Avoid]:
    end = facts.train.end if facts.train is not None else float("nan")
    slots: dict[str, object] = {
        "train_end": f"a training loss of {number(end)}",
        "unit": facts.run.step_unit,
        "best_step": number(verdict.best_step) if verdict.best_step is not None else "",
    }
    rows = list(AVOID[verdict.problem])
    if MISCALIBRATION in verdict.also and verdict.problem in (HEALTHY, UNDETERMINED):
        rows = list(AVOID[MISCALIBRATION])
    return [
        Avoid(slug, find_heading(slug).name, why.format_map(slots))
        for slug, why in rows
        if slug not in advised
    ]
