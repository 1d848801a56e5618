"""The plain table of the terminal: a bold heading, no lines."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text


def make_table(*columns: str) -> Table:
    """Return an empty table with these columns; long cells are folded."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_table(console: Console, table: Table, indent: int = 0) -> None:
    """Print a table, `indent` columns in, without blanks at the end of a line."""
    options = console.options.update_width(console.width - indent)
    for segments in console.render_lines(table, options, pad=False):
        line = Text(" " * indent)
        for segment in segments:
            line.append(segment.text, segment.style)
        line.rstrip()
        console.print(line, soft_wrap=True)
