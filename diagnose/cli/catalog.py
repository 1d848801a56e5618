"""`diagnose catalog`: look techniques up."""

from __future__ import annotations

from typing import Any

import click

from catalog.card import BENEFITS, TABLES, Card
from catalog.measured import find_measured
from catalog.table import select
from diagnose.cli import measure
from diagnose.cli.demo import demo
from diagnose.cli.lookup import complete_technique, known_card, write_json
from diagnose.rules import find_rule, treated_by


@click.group(invoke_without_command=True)
@click.option("--step", type=click.IntRange(1, 3), help="1 loss, 2 architecture, 3 optimization.")
@click.option("--benefit", type=click.Choice(BENEFITS), help="What it improves.")
@click.option("--treats", metavar="CODE", help="A finding it is a remedy for.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def catalog(
    ctx: click.Context, step: int | None, benefit: str | None, treats: str | None, form: str
) -> None:
    """List the techniques: which step each changes, and what it improves.

    \b
    diagnose catalog --step 3 --benefit optimization
    diagnose catalog --treats GEN102
    diagnose catalog show adam
    diagnose catalog run adam
    """  # noqa: D301 (the mark keeps lines apart)
    if ctx.invoked_subcommand is not None:
        return
    among = None
    if treats is not None:
        among = [remedy.technique for remedy in find_rule(treats).remedies]
    cards = select(step, benefit, among)
    if form == "json":
        write_json([_plain(card) for card in cards])
        return
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.reference import print_catalog  # noqa: PLC0415 (rich only where printed)

    print_catalog(cards, make_console())


@catalog.command()
@click.argument("technique", shell_complete=complete_technique)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def show(technique: str, form: str) -> None:
    """Show a technique's card, as in `diagnose catalog show adam`."""
    card = known_card(technique)
    if form == "json":
        write_json(_plain(card))
        return
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.reference import print_card  # noqa: PLC0415

    print_card(card, make_console())


def _plain(card: Card) -> dict[str, Any]:
    measured = find_measured(card.slug)
    return {
        **card._asdict(),
        "prose": card.prose._asdict(),
        **{name: [row._asdict() for row in getattr(card, name)] for name in TABLES},
        "treats": [rule.code for rule in treated_by(card.slug)],
        "measured": None if measured is None else measured.to_dict(),
    }


catalog.add_command(measure.run)
catalog.add_command(measure.measure)
catalog.add_command(demo)
