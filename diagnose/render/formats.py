"""The log formats in a terminal: name, what is recognized, an example."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from diagnose.render.console import print_wrapped


def print_formats(heading: str, formats: Iterable[tuple[str, str, str]], console: Console) -> None:
    """Print formats, each given by its name, what is recognized, and an example."""
    console.print(Text(heading.upper(), style="bold"))
    for name, title, example in formats:
        console.print()
        print_wrapped(console, Text.assemble((name, "bold"), f": {title}."))
        for line in example.splitlines():
            print_wrapped(console, Text(line, style="dim"), "    ")
    console.print()
