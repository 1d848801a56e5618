"""`diagnose rules` and `diagnose explain`: what is looked for, from the rules' own files."""

from __future__ import annotations

import click

from catalog.card import find_card
from diagnose.errors import UnknownName
from diagnose.rules import RULES, find_rule


@click.command()
def rules() -> None:
    """List the rules."""
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.reference import print_rules  # noqa: PLC0415 (rich only where printed)

    print_rules(make_console())


@click.command()
@click.argument(
    "code",
    shell_complete=lambda _ctx, _arg, part: [
        r.code for r in RULES if r.code.startswith(part.upper())
    ],
)
def explain(code: str) -> None:
    """Explain a finding by its code or name, as in `diagnose explain GEN102`."""
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.reference import print_card, print_rule  # noqa: PLC0415

    try:
        rule = find_rule(code)
    except UnknownName:
        try:
            card = find_card(code.lower())
        except KeyError:
            card = None
        if card is None:
            raise
        print_card(card, make_console())
        return
    print_rule(rule, make_console())
