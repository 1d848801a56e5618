"""The catalog and the rules in a terminal: tables, cards and explanations."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from catalog.card import STEPS, Card
from catalog.measured import find_measured, find_summary
from diagnose.reliability import in_words, settings_of_rule
from diagnose.render.console import print_section, print_wrapped, writable
from diagnose.render.measured import LOSSES, print_measured, short_summary
from diagnose.render.table import make_table, print_table
from diagnose.rules import RULES, treated_by
from diagnose.rules.rule import Rule, number

GAINS = {
    "optimization": "optimization",
    "generalization": "generalization",
    "both": "optimization and generalization",
    "neither": "neither (see the note)",
}

CLAIMS = {"optimization": "opt", "generalization": "gen", "both": "both", "neither": "-"}
CELLS = (6, 20)
"""Widths of a claim and of a summary, for the columns of tables below each other to agree."""
LEGEND = (
    "The claim is the lecture's, or with + that of authors beyond it: opt, a lower training loss;"
    " gen, a lower validation loss. Beside it what the technique changed in our experiment: the"
    " mean difference over paired seeds and half its 95 % interval; * the interval excludes zero"
    " and the seeds agree, † another metric than the loss. `diagnose catalog show NAME` tells all,"
    " `diagnose catalog run NAME` measures again."
)


def print_catalog(cards: Sequence[Card], console: Console) -> None:
    """Print the step/benefit table: what is claimed, and what was measured."""
    longest = max((len(card.slug) for card in cards), default=0)
    for step in sorted({card.step for card in cards}, reverse=True):
        losses = map(str.capitalize, LOSSES.values())
        table = make_table(f"Step {step}, {STEPS[step]}", "Claim", *losses)
        for column, width in zip(table.columns, (longest, *CELLS), strict=False):
            column.min_width = width
        table.columns[0].no_wrap = True
        for card in cards:
            if card.step == step:
                table.add_row(
                    card.slug,
                    CLAIMS[card.benefit] + ("" if card.lecture else " +"),
                    *(
                        writable(short_summary(find_summary(card.slug, k), v), console)
                        for k, v in LOSSES.items()
                    ),
                )
        print_table(console, table)
        console.print()
    count = len(cards)
    print_wrapped(console, f"{count} technique{'' if count == 1 else 's'}. {LEGEND}")


def card_sections(card: Card) -> list[tuple[str, str]]:
    """Return the headings and paragraphs of a card that are not empty."""
    rows = (
        ("What it does", card.prose.what_it_does),
        ("When to use", card.prose.when_to_use),
        ("When it hurts", card.prose.when_it_hurts),
        ("Do not use when", card.avoid_when),
        ("Side effect", card.side_effect),
        ("Cost", card.cost),
        ("Does not mix with", card.prose.does_not_mix_with),
        ("The lecture", card.lecture),
        ("Note", card.note),
    )
    return [(title, " ".join(text.split())) for title, text in rows if text]


def print_card(card: Card, console: Console) -> None:
    """Print one technique's card."""
    console.print(Text(card.name, style="bold"))
    print_wrapped(console, card.summary)
    console.print()
    console.print(f"Changes step {card.step} ({STEPS[card.step]}); improves {GAINS[card.benefit]}.")
    rules = treated_by(card.slug)
    if rules:
        print_wrapped(console, f"Treats {', '.join(f'{r.code} {r.name}' for r in rules)}.")
    _paragraph(console, "In PyTorch", card.pytorch)
    for title, text in card_sections(card):
        _paragraph(console, title, text)
    if card.knobs:
        print_section(console, "Settings")
        table = make_table("Name", "Default", "Range", "Unit")
        for knob in card.knobs:
            table.add_row(knob.name, knob.default, knob.range, knob.unit)
        print_table(console, table, 2)
    if card.evidence:
        print_section(console, "Evidence")
        for item in card.evidence:
            _line(console, f"{item.claim} {item.result[0].upper()}{item.result[1:]}, {item.grade}.")
    measured = find_measured(card.slug)
    if measured is not None:
        print_section(console, "Measured here")
        print_measured(measured, console, 2)
    if card.sources:
        print_section(console, "Sources")
        for source in card.sources:
            stop = "" if source.title.endswith("?") else "."
            link = f" {source.url}" if source.url else ""
            _line(console, f"{source.authors} ({source.year}). {source.title}{stop}{link}")


def print_rules(console: Console) -> None:
    """Print every rule in a line."""
    table = make_table("Code", "Rule", "Speaks for", "Since")
    for rule in RULES:
        table.add_row(rule.code, rule.name, rule.problem, f"{rule.since} ({status(rule)})")
    print_table(console, table)


def sections(rule: Rule) -> list[tuple[str, str]]:
    """Return the headings and paragraphs of a rule's module docstring, its summary first."""
    document = inspect.cleandoc(sys.modules[rule.check.__module__].__doc__ or "")
    out: list[tuple[str, list[str]]] = [("", [])]
    for line in document.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            out.append((line[:-1], []))
        elif line.strip():
            out[-1][1].append(line.strip())
    return [(title, " ".join(lines)) for title, lines in out]


def print_rule(rule: Rule, console: Console) -> None:
    """Explain one rule, from its own file."""
    console.print(Text(f"{rule.code} {rule.name}", style="bold"))
    for title, text in sections(rule):
        if title:
            _paragraph(console, title, text)
        else:
            print_wrapped(console, text)
    if rule.thresholds:
        print_section(console, "Thresholds")
        table = make_table("Value", "Of", "Source")
        for t in rule.thresholds:
            table.add_row(f"{number(t.value)} {t.unit}".strip(), t.name, t.source)
        print_table(console, table, 2)
    if rule.remedies:
        print_section(console, "Techniques, in order")
        _line(console, ", ".join(r.technique for r in rule.remedies))
    print_section(console, "How often it is right")
    for line in reliability_lines(rule):
        _line(console, line)
    console.print()
    console.print(f"Status: {status(rule)} since {rule.since}.")


def status(rule: Rule) -> str:
    """Return `stable` for a rule whose reliability is measured, else `preview`."""
    return "stable" if settings_of_rule(rule.code) else "preview"


def reliability_lines(rule: Rule) -> list[str]:
    """Say how often a rule's finding was right on the benchmark, a sentence for each setting."""
    lines = [
        f"{setting[0].upper()}{setting[1:]}: {in_words(row)}; found in"
        f" {100 * float(row['recall']):.0f} % of those with the problem."
        for setting, row in settings_of_rule(rule.code).items()
    ]
    return lines or ["Not measured: the benchmark has too few runs in which it decides."]


def _paragraph(console: Console, title: str, text: str) -> None:
    print_section(console, title)
    _line(console, text)


def _line(console: Console, text: str) -> None:
    print_wrapped(console, text, "  ")
