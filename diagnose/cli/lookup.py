"""Find a technique by the name that a user typed, and write data to stdout."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from catalog.card import Card, find_card
from catalog.table import slugs
from diagnose.errors import UnknownName


def as_slug(name: str) -> str:
    """Return a name as slugs are written: lower case, with `-` for blanks and underscores."""
    return "-".join(name.lower().replace("_", " ").replace("-", " ").split())


def known_card(name: str) -> Card:
    """Find a card by its slug, in any spelling of it.

    Raises:
        UnknownName: If there is none; the message names the nearest.
    """
    try:
        return find_card(as_slug(name))
    except KeyError:
        raise UnknownName.among(
            "technique", name, slugs(), "`diagnose catalog` lists them."
        ) from None


def complete_technique(_ctx: click.Context, _param: click.Parameter, part: str) -> list[str]:
    """Complete a technique's name in the shell."""
    return [slug for slug in slugs() if slug.startswith(part)]


def write_json(document: Any) -> None:
    """Write data as JSON to stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
