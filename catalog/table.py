"""The step/benefit table: a query over all cards."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.card import ROOT, STEPS, Card, find_card


def slugs() -> list[str]:
    """List every technique's slug, by step from 3 to 1 as the lecture goes, then by name."""
    return [
        path.parent.name.replace("_", "-")
        for step in sorted(STEPS, reverse=True)
        for path in sorted((ROOT / STEPS[step]).glob("*/card.toml"))
    ]


def select(
    step: int | None = None, benefit: str | None = None, among: Iterable[str] | None = None
) -> list[Card]:
    """Return the cards that match every criterion given.

    Args:
        step: Keep the techniques that change this step (1, 2 or 3).
        benefit: Keep those that improve this; `optimization` and `generalization` also keep the
            techniques that improve both.
        among: Keep only these slugs.
    """
    wanted = None if among is None else set(among)
    return [
        card
        for card in map(find_card, slugs())
        if (step is None or card.step == step)
        and (wanted is None or card.slug in wanted)
        and (
            benefit is None
            or card.benefit == benefit
            or (benefit == "optimization" and card.helps_optimization)
            or (benefit == "generalization" and card.helps_generalization)
        )
    ]
