"""Show reports: each in full, or all in one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import click

from diagnose.render.clean import clean
from diagnose.report import Report, Summary


class View(NamedTuple):
    """How to show reports.

    Attributes:
        color: `auto`, `always` or `never`.
        plot: Whether to draw the curves.
        full: Whether to show each report in full, however many there are.
    """

    color: str = "auto"
    plot: bool = True
    full: bool = False


def show_reports(reports: Iterable[Report], view: View) -> None:
    """Print reports in full, a line between them."""
    # A renderer is loaded only where it is asked for.
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.text import print_report  # noqa: PLC0415

    console = make_console(view.color)
    for index, report in enumerate(reports):
        if index:
            console.print("\n" + "=" * (console.width - 1) + "\n")
        print_report(report, console, view.plot)


def show_table(summaries: Sequence[Summary], n_errors: int, view: View) -> None:
    """Print a line for each run."""
    from diagnose.render.console import make_console  # noqa: PLC0415
    from diagnose.render.many import print_many  # noqa: PLC0415

    print_many(summaries, n_errors, make_console(view.color))


def tell(lines: Iterable[str]) -> None:
    """Print on stderr how logs were read."""
    for line in lines:
        click.echo(clean(line, keep=""), err=True)
