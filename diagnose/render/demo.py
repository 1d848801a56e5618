"""The lecture's demonstrations in a terminal: its words beside our numbers, and what follows."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from catalog.demos.demo import Demo, Outcome
from diagnose.render.clean import clean
from diagnose.render.console import print_section, print_wrapped
from diagnose.render.table import make_table, print_table


def print_demos(demos: Sequence[Demo], console: Console) -> None:
    """Print the name and the question of every demonstration."""
    table = make_table("Demonstration", "Question")
    table.columns[0].no_wrap = True
    for demo in demos:
        table.add_row(Text(demo.name), Text(demo.question))
    print_table(console, table)
    console.print()
    print_wrapped(
        console, f"Run one with `diagnose catalog demo {demos[0].name}`; each takes a few seconds."
    )


def print_outcome(demo: Demo, outcome: Outcome, picture: str | None, console: Console) -> None:
    """Print what a demonstration gave.

    Args:
        demo: Which one it is.
        outcome: What it gave.
        picture: The file that the picture was written to; None if none was asked for.
        console: Where to print.
    """
    console.print(Text(demo.title, style="bold"))
    print_wrapped(console, demo.question)
    console.print()
    table = make_table("The claim", "The lecture says", "Here")
    table.columns[2].no_wrap = True
    for row in outcome.shown:
        table.add_row(Text(row.what), Text(row.lecture or "-"), Text(row.ours))
    print_table(console, table)
    console.print()
    table = make_table("The condition", "Here")
    table.columns[1].no_wrap = True
    for row in outcome.condition:
        table.add_row(Text(row.what), Text(row.ours))
    print_table(console, table)
    print_section(console, "What follows")
    for sentence in outcome.conclusions:
        print_wrapped(console, sentence, "  - ")
    print_section(console, "More")
    for technique in demo.techniques:
        print_wrapped(console, f"diagnose catalog show {technique}", "  ")
    if picture is None:
        print_wrapped(console, f"diagnose catalog demo {demo.name} --picture {demo.name}.png", "  ")
    else:
        print_wrapped(console, f"The picture: {clean(picture, keep='')}", "  ")
