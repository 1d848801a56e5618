"""The card of a technique: its schema, and reading one from its `card.toml`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent
STEPS = {1: "loss", 2: "architecture", 3: "optimization"}
"""The three steps of machine learning that a technique can change, and the folder of each."""

BENEFITS = ("optimization", "generalization", "both", "neither")
"""What a technique improves: a lower training loss, a validation loss nearer to it, or both."""

RESULTS = ("helped", "no effect", "hurt", "not tried")
GRADES = ("reported by the authors", "folklore")


class CardError(ValueError):
    """A card breaks the schema; the message names the file and the field."""


class Knob(NamedTuple):
    """A setting of a technique, with the default and the range to search."""

    name: str
    default: str
    range: str
    unit: str
    source: str


class Source(NamedTuple):
    """Where a technique was published. `url` is a DOI, an arXiv page, or the publisher's page."""

    title: str
    authors: str
    year: int
    url: str = ""


class Evidence(NamedTuple):
    """A claim on what the technique does, how it came out, and how well it was checked."""

    claim: str
    result: str
    grade: str
    source: str


class Prose(NamedTuple):
    """The card's text: short paragraphs, plain words."""

    what_it_does: str = ""
    when_to_use: str = ""
    when_it_hurts: str = ""
    does_not_mix_with: str = ""


class Card(NamedTuple):
    """A technique: which step of machine learning it changes, what it improves, at what price.

    Attributes:
        slug: The technique's name in commands and links; its folder with `-` for `_`.
        name: The technique's usual name.
        summary: One sentence on what it does.
        step: The step it changes: 1 loss (data and penalties included), 2 architecture (the range
            of functions), 3 optimization (how a function is picked, the start included).
        benefit: One of `BENEFITS`.
        note: Why it is filed so, where step or benefit can be argued; may be empty.
        lecture: What the lecture says of it, caveats included; empty if the lecture does not.
        side_effect: What else changes, most often for the worse.
        cost: Compute, memory, data or labour.
        avoid_when: When not to use it.
        pytorch: The line of PyTorch that applies it.
        prose: The longer text.
        knobs: Its settings.
        sources: Where it was published; at least one unless the technique has no paper.
        evidence: What others report of the claim, graded; what was measured here stands in
            `measured.toml` beside the card.
    """

    slug: str
    name: str
    summary: str
    step: int
    benefit: str
    side_effect: str
    cost: str
    avoid_when: str
    pytorch: str
    prose: Prose
    note: str = ""
    lecture: str = ""
    knobs: tuple[Knob, ...] = ()
    sources: tuple[Source, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def helps_optimization(self) -> bool:
        """Whether it is meant to lower the training loss."""
        return self.benefit in ("optimization", "both")

    @property
    def helps_generalization(self) -> bool:
        """Whether it is meant to bring the validation loss nearer to the training loss."""
        return self.benefit in ("generalization", "both")

    @property
    def folder(self) -> Path:
        """Return the technique's folder."""
        return ROOT / STEPS[self.step] / self.slug.replace("-", "_")


TABLES = {"knobs": Knob, "sources": Source, "evidence": Evidence}
"""The fields of a card that hold rows, and what each row is."""


def _build(kind: Any, table: dict[str, Any], where: str) -> Any:
    """Make a record of a TOML table; unknown and missing keys are errors."""
    known = kind._fields
    for key, value in table.items():
        if key not in known:
            raise CardError(f"{where}: unknown field {key!r}; known are {', '.join(known)}")
        if isinstance(value, str) and value != value.strip():
            table[key] = value.strip()
    try:
        return kind(**table)
    except TypeError as error:
        raise CardError(f"{where}: {error}") from None


def parse_card(text: str, where: str = "card.toml") -> Card:
    """Parse and check the text of one card.

    Args:
        text: The TOML text.
        where: The file's name, for messages.

    Raises:
        CardError: If a field is missing, unknown, or outside its allowed values.
    """
    import tomllib  # noqa: PLC0415 (a report reads headings only)

    return _card(tomllib.loads(text), where)


def _card(table: dict[str, Any], where: str) -> Card:
    """Make and check a card of its parsed table."""
    for key, kind in TABLES.items():
        table[key] = tuple(_build(kind, row, f"{where} [{key}]") for row in table.get(key, []))
    table["prose"] = _build(Prose, table.get("prose", {}), f"{where} [prose]")
    card: Card = _build(Card, table, where)
    if card.step not in STEPS:
        raise CardError(f"{where}: step must be 1, 2 or 3. Got {card.step!r}.")
    if card.benefit not in BENEFITS:
        raise CardError(f"{where}: benefit must be one of {', '.join(BENEFITS)}.")
    for item in card.evidence:
        if item.result not in RESULTS or item.grade not in GRADES:
            raise CardError(f"{where}: evidence is graded with {RESULTS} and {GRADES}.")
    return card


def _card_file(slug: str) -> Path:
    for folder in STEPS.values():
        path = ROOT / folder / slug.replace("-", "_") / "card.toml"
        if path.is_file():
            return path
    raise KeyError(slug)


@cache
def find_card(slug: str) -> Card:
    """Read the card of one technique, and no other.

    Args:
        slug: The technique's name, as in `label-smoothing`.

    Raises:
        KeyError: If there is no such technique.
    """
    path = _card_file(slug)
    return parse_card(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))


@cache
def find_heading(slug: str) -> Card:
    """Read a card without its prose, settings, sources and evidence, several times faster.

    Args:
        slug: The technique's name.

    Raises:
        KeyError: If there is no such technique.
    """
    path = _card_file(slug)
    heading, _, _ = path.read_text(encoding="utf-8").partition("\n[")
    table: dict[str, Any] = {}
    for line in heading.splitlines():
        # Above its first table a card holds whole numbers and one-line strings, no comments.
        key, _, value = line.partition(" = ")
        table[key] = value[1:-1] if value.startswith("'") else json.loads(value)
    return _card(table, str(path.relative_to(ROOT)))
