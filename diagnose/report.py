"""Report: the whole answer on one run, as plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from diagnose import reliability
from diagnose.advice import Advice, Avoid, advise
from diagnose.measures.facts import Facts
from diagnose.references import References
from diagnose.rules import check_all
from diagnose.rules.rule import CLEAR, FOUND, NOT_CHECKED, Finding
from diagnose.run import Run, Series
from diagnose.verdict import Verdict, decide

SCHEMA = 1


class Summary(NamedTuple):
    """One run in one line of a table.

    Attributes:
        source: Where the run came from.
        problem: The verdict.
        cause: The cause of underfitting, or None.
        also: Further problems.
        n_problems: How many findings that can decide a verdict were found.
        best_step: The step of the lowest validation loss, or None.
        step_unit: What a step counts.
        train_loss: The last training loss as logged, or None.
        val_loss: The last validation loss as logged, or None.
    """

    source: str
    problem: str
    cause: str | None
    also: tuple[str, ...]
    n_problems: int
    best_step: float | None
    step_unit: str
    train_loss: float | None
    val_loss: float | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Report:
    """What was found in one run, and what to do about it.

    Attributes:
        run: The run that was judged.
        verdict: The problem, its cause, and what would settle what is open.
        findings: One of each rule, in every state.
        advice: Techniques to try, in order.
        avoid: Techniques not to use now.
        corrections: What was undone before judging.
    """

    run: Run
    verdict: Verdict
    findings: tuple[Finding, ...]
    advice: tuple[Advice, ...]
    avoid: tuple[Avoid, ...]
    corrections: tuple[str, ...]

    @property
    def found(self) -> list[Finding]:
        """The findings whose symptom is there."""
        return [f for f in self.findings if f.state == FOUND]

    @property
    def clear(self) -> list[Finding]:
        """The findings whose symptom was looked for and is not there."""
        return [f for f in self.findings if f.state == CLEAR]

    @property
    def not_checked(self) -> list[Finding]:
        """The findings that could not be looked for."""
        return [f for f in self.findings if f.state == NOT_CHECKED]

    def summary(self) -> Summary:
        """Return the report in one line."""
        run, verdict = self.run, self.verdict
        ends = [
            None if series is None or not len(series) else float(series.value[-1])
            for series in (run.train_loss, run.val_loss)
        ]
        return Summary(
            run.source,
            verdict.problem,
            verdict.cause,
            verdict.also,
            sum(finding.is_problem for finding in self.findings),
            verdict.best_step,
            run.step_unit,
            ends[0],
            ends[1],
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data; non-finite numbers are None.

        The keys are those of `--format json`; within one schema number keys are only added.
        """
        verdict = self.verdict
        settle = verdict.settle_with
        return {
            "schema": SCHEMA,
            "source": self.run.source,
            "run": _run(self.run, self.corrections),
            "verdict": {
                "problem": verdict.problem,
                "cause": verdict.cause,
                "also": list(verdict.also),
                "because": list(verdict.because),
                "summary": verdict.summary,
                "settle_with": None
                if settle is None
                else {
                    "measurement": settle.measurement,
                    "how": settle.how,
                    "command": settle.command,
                },
                "best_step": _finite(verdict.best_step),
                "reliability": verdict.reliability,
            },
            "findings": [
                {
                    "code": f.code,
                    "name": f.name,
                    "state": f.state,
                    "severity": f.severity if f.state == FOUND else None,
                    "reason": f.reason or None,
                    "steps": [_finite(s) for s in f.steps],
                    "evidence": [
                        {
                            "name": e.name,
                            "value": _finite(e.value),
                            "unit": e.unit,
                            "threshold": _finite(e.threshold),
                            "step": _finite(e.step),
                        }
                        for e in f.evidence
                    ],
                    "message": f.message,
                    "reliability": f.reliability,
                }
                for f in self.findings
            ],
            "advice": [
                {
                    "technique": a.technique,
                    "step": a.step,
                    "benefit": a.benefit,
                    "why": a.why,
                    "cost": a.cost,
                    "code": a.code,
                    "finding": a.finding,
                    "measured": None if a.measured is None else a.measured._asdict(),
                }
                for a in self.advice
            ],
            "avoid": [{"technique": a.technique, "why": a.why} for a in self.avoid],
        }

    def __repr__(self) -> str:
        return f"<Report on {self.run.source}: {self.verdict.problem}>"

    def __str__(self) -> str:
        # The renderer brings rich along, which a program that only wants the data never loads.
        from diagnose.render.text import to_text  # noqa: PLC0415

        return to_text(self)

    def _repr_html_(self) -> str:
        """Show the report in a notebook."""
        import html  # noqa: PLC0415 (only a notebook needs it)

        return f'<pre style="line-height:1.2;font-family:monospace">{html.escape(str(self))}</pre>'


def judge(run: Run, references: References | None = None) -> Report:
    """Judge a run: measure it, apply every rule, decide, and advise.

    Args:
        run: The run.
        references: What its losses are compared with.
    """
    facts = Facts(run, references or References())
    # Losses near the largest float overflow in differences; the results are NaN, which no
    # comparison takes for a symptom.
    with np.errstate(all="ignore"):
        setting = reliability.setting_of(facts)
        findings = [
            f._replace(reliability=reliability.of_rule(f.code, setting)) if f.is_problem else f
            for f in check_all(facts)
        ]
        verdict = decide(findings, facts)
        verdict = verdict._replace(reliability=reliability.of_verdict(verdict.problem, facts))
        advice, avoid = advise(verdict, findings, facts)
        corrections = tuple(facts.corrections)
    return Report(run, verdict, tuple(findings), tuple(advice), tuple(avoid), corrections)


def _finite(value: float | None) -> float | None:
    """Return a number that JSON can hold."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)


def _levels(series: Series) -> dict[str, float | int | None]:
    return {
        "points": len(series),
        "first_step": _finite(float(series.step[0])),
        "last_step": _finite(float(series.step[-1])),
        "first": _finite(float(series.value[0])),
        "last": _finite(float(series.value[-1])),
    }


def _run(run: Run, corrections: tuple[str, ...]) -> dict[str, Any]:
    return {
        "format": run.format,
        "step_unit": run.step_unit,
        "points": run.n_points,
        "columns": {role: list(names) for role, names in run.columns.items()},
        "series": {role: _levels(run.series[role]) for role in run.columns},
        "unused": list(run.unused),
        "notes": list(run.notes),
        "corrections": list(corrections),
    }
