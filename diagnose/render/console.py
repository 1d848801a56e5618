"""The console that all text goes through: its width, its colours, and wrapped lines."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import IO

from rich.console import Console
from rich.text import Text

MAX_WIDTH = 100
PLAIN = {"±": "+-", "†": "^", "–": "-", "—": "-", "−": "-", "×": "x", "→": "->", "≤": "<="}
"""What stands for a character where the output cannot hold it."""


class _Console(Console):
    """A console that leaves a broken pipe to the program, which knows the exit code."""

    def on_broken_pipe(self) -> None:
        """Raise what the write raised, where rich would exit with 1."""
        raise BrokenPipeError


def make_console(color: str = "auto", width: int | None = None) -> Console:
    """Make the console of the command line: 80 columns wide where nothing says otherwise.

    Args:
        color: `auto`, `always` or `never`.
        width: Columns; the terminal's if None, at most `MAX_WIDTH`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a character shows what is like it, and never an error.
        sys.stdout.reconfigure(errors="plain")
    console = _Console(
        color_system=None if color == "never" else "auto",
        force_terminal=True if color == "always" else None,
        no_color=True if color == "never" else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
    )
    console.width = width or (min(console.width, MAX_WIDTH) if console.is_terminal else 80)
    return console


def plain_console(file: IO[str], width: int = 80) -> Console:
    """Make a console that writes text without colours to a file."""
    return Console(
        file=file, width=width, color_system=None, highlight=False, markup=False, emoji=False
    )


def speaks_unicode(console: Console) -> bool:
    """Return whether the output can hold the characters of the plot."""
    try:
        "⠤┊┤└─".encode(console.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def writable(text: str, console: Console) -> str:
    """Return text as the console's output will hold it, so that its width is known before."""
    encoding = console.encoding or "ascii"
    return text.encode(encoding, "plain").decode(encoding)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """Replace what cannot be encoded: by what stands for it, without its accents, or by `?`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    out = ""
    for character in error.object[error.start : error.end]:
        base = unicodedata.normalize("NFKD", character)[0]
        out += PLAIN.get(character, base if base.isascii() else "?")
    return out, error.end


codecs.register_error("plain", _plain)


def print_wrapped(console: Console, content: str | Text, first: str = "") -> None:
    """Print text after `first`, its further lines as far in as its first word.

    Nothing is printed beyond the last character of a line, so that pipes get no trailing blanks.
    """
    text = content if isinstance(content, Text) else Text(content)
    if not text.plain:
        console.print()
        return
    whole = Text()
    for index, line in enumerate(text.wrap(console, console.width - len(first) - 1)):
        line.rstrip()
        whole.append(first if index == 0 else "\n" + " " * len(first))
        whole.append_text(line)
    console.print(whole, soft_wrap=True)


def print_section(console: Console, title: str) -> None:
    """Print a blank line and a title."""
    console.print()
    console.print(Text(title, style="bold"))
