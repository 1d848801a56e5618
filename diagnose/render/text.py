"""The report in a terminal: verdict, curves, evidence, what to try, what not, what is open."""

from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

from catalog.card import STEPS
from diagnose.advice import Advice
from diagnose.reliability import in_words
from diagnose.render.clean import clean
from diagnose.render.console import plain_console, print_section, print_wrapped, speaks_unicode
from diagnose.render.metrics import metric_words
from diagnose.render.plot import draw
from diagnose.report import Report
from diagnose.rules.rule import Evidence, Finding, number
from diagnose.verdict import MISCALIBRATION, Verdict

SHOWN_ADVICE = 5
COLORS = {
    "underfitting": "bold red",
    "overfitting": "bold magenta",
    "healthy": "bold green",
    "undetermined": "bold yellow",
}


def to_text(report: Report, width: int = 80) -> str:
    """Return the report as plain text."""
    out = io.StringIO()
    print_report(report, plain_console(out, width))
    return out.getvalue()


def print_report(report: Report, console: Console, plot: bool = True) -> None:
    """Print a report.

    Args:
        report: The report.
        console: Where to print; its width and colours are kept.
        plot: Whether to draw the curves.
    """
    run, verdict = report.run, report.verdict
    unicode = speaks_unicode(console)
    print_wrapped(
        console,
        Text(clean(f"{run.source}: {run.format}, {run.n_points} points"), style="dim"),
    )
    console.print()
    print_wrapped(console, headline(verdict))
    print_wrapped(console, Text(clean(verdict.summary)))
    if verdict.reliability is not None:
        words = f"This verdict was {in_words(verdict.reliability)}, {_evidence_words(verdict)}."
        print_wrapped(console, Text(words, style="dim"))
    if verdict.settle_with is not None:
        settle = verdict.settle_with
        print_section(console, "To settle it")
        _item(console, f"{settle.measurement}: {settle.how}.")
        _item(console, Text(clean(settle.command), style="bold"))
    if plot:
        drawing = draw(run, _mark(report), console.width, plain=not unicode)
        if drawing:
            console.print()
            console.print(Text(clean("\n".join(drawing))), soft_wrap=True)
    _evidence(console, report)
    _advice(console, report)
    if report.avoid:
        print_section(console, "Not now")
        for avoid in report.avoid:
            _item(console, Text.assemble((avoid.technique, "bold"), f": {clean(avoid.why)}."))
    if report.not_checked:
        print_section(console, "Not checked")
        reasons: dict[str, list[str]] = {}
        for finding in report.not_checked:
            reasons.setdefault(finding.reason, []).append(finding.name)
        for reason, names in reasons.items():
            _item(console, f"{', '.join(names)}: {clean(reason)}.")
    notes = [*run.notes, *report.corrections]
    if notes:
        print_section(console, "How the log was read")
        for note in notes:
            _item(console, f"{clean(note)}.")
    console.print()
    print_wrapped(
        console,
        Text(
            f"{len(report.found)} found, {len(report.clear)} clear, {len(report.not_checked)} not"
            " checked. `diagnose explain CODE` tells more of a finding.",
            style="dim",
        ),
    )


def headline(verdict: Verdict) -> Text:
    """Return the verdict in one line, as in `UNDERFITTING (optimization), also overfitting`."""
    text = Text(verdict.problem.upper(), style=COLORS[verdict.problem])
    if verdict.cause is not None:
        text.append(f", cause: {verdict.cause}")
    if verdict.also:
        text.append(f"; also: {', '.join(verdict.also)}")
    return text


def _evidence_words(verdict: Verdict) -> str:
    """Say which of the benchmark's settings a verdict's figure is of."""
    return {
        "log alone": "from the losses alone",
        "everything logged": "from what was logged",
        "with the baselines": "with a linear model's losses",
        "everything": "with a linear model's losses",
    }[str((verdict.reliability or {})["setting"])]


def _evidence(console: Console, report: Report) -> None:
    because = report.verdict.because
    shown = sorted(
        report.found, key=lambda f: because.index(f.code) if f.code in because else len(because)
    )
    if shown:
        print_section(console, "Evidence")
    for finding in shown:
        _item(
            console,
            Text.assemble(
                (finding.code, "bold"),
                f" {finding.name}. ",
                # The summary has already said what decided.
                "As said above." if _is_said(finding, report.verdict) else clean(finding.message),
            ),
        )
        measured = [_measured(e) for e in finding.evidence if e.threshold is not None]
        if measured:
            print_wrapped(console, Text("; ".join(measured), style="dim"), "    ")
    if report.clear:
        _item(
            console,
            Text(f"Clear: {', '.join(f.name for f in report.clear)}.", style="dim"),
        )


def _is_said(finding: Finding, verdict: Verdict) -> bool:
    return finding.message in verdict.summary


def _measured(evidence: Evidence) -> str:
    name = evidence.name.replace("_", " ")
    limit = "" if evidence.threshold is None else f" (limit {number(evidence.threshold)})"
    return f"{name} {number(evidence.value)}{limit}"


def _advice(console: Console, report: Report) -> None:
    if not report.advice:
        return
    print_section(console, "Try, in this order, one at a time")
    for rank, advice in enumerate(report.advice[:SHOWN_ADVICE], start=1):
        gain = {"both": "optimization and generalization"}.get(advice.benefit, advice.benefit)
        improves = "" if gain == "neither" else f", improves {gain}"
        _item(
            console,
            Text.assemble(
                (advice.technique, "bold"),
                f": {clean(advice.why)}.",
                (f" (Step {advice.step}, {STEPS[advice.step]}{improves}.", "dim"),
                (f"{_tested(advice)})", "dim"),
            ),
            f"{rank}.",
        )
        if len(advice.code) + 6 <= console.width:
            print_wrapped(console, Text(advice.code, style="cyan"), "    ")
    rest = [a.technique for a in report.advice[SHOWN_ADVICE:]]
    if rest:
        _item(console, Text(f"Then: {', '.join(rest)}.", style="dim"))
    _item(console, Text(f"More: diagnose catalog show {report.advice[0].technique}", style="dim"))


def _tested(advice: Advice) -> str:
    """Say what came out when the technique was put to the test; empty if it was not."""
    measured = advice.measured
    if measured is None:
        return ""
    metric = metric_words(measured.metric)
    if not measured.is_measurable:
        return f" In our experiment the {metric} did not change measurably."
    ends = f"from {number(measured.control)} to {number(measured.treatment)}"
    worse = ", which is worse" if measured.verdict == "opposite" else ""
    return f" In our experiment the {metric} went {ends}{worse}."


def _mark(report: Report) -> float | None:
    """Return the step that decided, for the plot."""
    by = {f.code: f for f in report.findings}
    for code in report.verdict.because:
        if by[code].steps and code in ("OPT101", "OPT102", "GEN102"):
            return by[code].steps[0]
    if MISCALIBRATION in report.verdict.also and by["GEN103"].steps:
        return by["GEN103"].steps[0]
    return None


def _item(console: Console, content: str | Text, bullet: str = "-") -> None:
    """Print one item of a list, its further lines under its first word."""
    print_wrapped(console, content, f"{bullet:>3} ")
