"""How a command ends: its exit code, and the sentence on stderr that says why."""

from __future__ import annotations

import click

from diagnose.render.clean import clean

JUDGED, FAILED_ON, COULD_NOT_JUDGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141


def say(message: str) -> int:
    """Say on stderr, in one sentence, why nothing could be judged, and return the exit code."""
    click.echo(f"diagnose: {clean(message, keep='')}", err=True)
    return COULD_NOT_JUDGE
