"""Many runs in one table: what needs attention first."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from diagnose.render.clean import clean
from diagnose.render.console import print_wrapped
from diagnose.render.text import COLORS
from diagnose.report import Summary
from diagnose.rules.rule import number

HEADINGS = ("run", "problem", "best", "train", "val")
LEGEND = "best: the step of the lowest validation loss; train, val: the last losses."
MIN_NAME = 20
"""A run's name gets at least so many columns; a longer one gets a line of its own."""
_GAP = "  "


def print_many(summaries: Sequence[Summary], n_errors: int, console: Console) -> None:
    """Print the table of runs and the line that counts them.

    Args:
        summaries: The runs, in any order.
        n_errors: How many logs could not be judged.
        console: Where to print; its width is kept.
    """
    rows = sorted(summaries, key=_attention)
    around, names = _names([row.source for row in rows])
    if around:
        print_wrapped(console, Text(clean(f"In {around}:"), style="dim"))
        console.print()
    cells = [(name, _problem(row), *_numbers(row)) for name, row in zip(names, rows, strict=True)]
    also = ["".join(f" + {problem}" for problem in row.also) for row in rows]
    whole = [
        (name, problem + a, *rest) for (name, problem, *rest), a in zip(cells, also, strict=True)
    ]
    is_below = sum(_widths(whole)) - _widths(whole)[0] + MIN_NAME > _room(console)
    widths = _widths(cells if is_below else whole)
    widths[0] = max(min(widths[0], _room(console) - sum(widths[1:])), MIN_NAME)
    table = _line(HEADINGS, widths, "bold")
    for row, line, more in zip(rows, cells if is_below else whole, also, strict=True):
        table.append("\n").append_text(_line(line, widths, COLORS[row.problem]))
        if is_below and more:
            # What a run is besides stands below, where there is no room beside.
            table.append(f"\n{'':<{widths[0]}}{_GAP}{more.strip()}", COLORS[row.problem])
    console.print(table, soft_wrap=True)
    console.print()
    print_wrapped(console, Text(LEGEND, style="dim"))
    print_wrapped(console, Text(_count(rows, n_errors), style="dim"))


def _attention(row: Summary) -> tuple[int, int]:
    """Order runs: a problem before none, more findings before fewer."""
    rank = ("underfitting", "overfitting", "undetermined", "healthy").index(row.problem)
    if row.problem == "healthy" and row.also:
        rank = 2
    return rank, -row.n_problems


def _names(sources: Sequence[str]) -> tuple[str, list[str]]:
    """Take the folder that all runs lie in, and the file's name that all bear, out of the names."""
    shared = []
    for level in zip(*(source.split(os.sep)[:-1] for source in sources), strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    around = os.sep.join(shared) if len(sources) > 1 else ""
    names = [source[len(around) :].lstrip("/" + os.sep) if around else source for source in sources]
    ends = {os.path.basename(name) for name in names}
    if len(names) > 1 and len(ends) == 1 and all(os.path.dirname(name) for name in names):
        names = [os.path.dirname(name) for name in names]
    return around, [clean(name, keep="") for name in names]


def _room(console: Console) -> int:
    """Return how many columns the cells of a line may take, without the gaps."""
    return console.width - 1 - len(_GAP) * (len(HEADINGS) - 1)


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(line[i]) for line in (HEADINGS, *lines)) for i in range(len(HEADINGS))]


def _problem(row: Summary) -> str:
    known = row.cause is not None and row.cause != "unknown"
    return f"{row.problem} ({row.cause})" if known else row.problem


def _numbers(row: Summary) -> tuple[str, str, str]:
    best = "-" if row.best_step is None else f"{row.best_step:.10g}"
    return best, _loss(row.train_loss), _loss(row.val_loss)


def _loss(value: float | None) -> str:
    if value is None:
        return "-"
    return number(value) if math.isfinite(value) else f"{value:g}"


def _line(cells: Sequence[str], widths: Sequence[int], style: str) -> Text:
    name, problem, *numbers = cells
    line = Text()
    if len(name) > widths[0]:
        line.append(f"{_cut(name, sum(widths) + len(_GAP) * (len(widths) - 1))}\n")
        name = ""
    line.append(f"{name:<{widths[0]}}{_GAP}", style="bold" if style == "bold" else "")
    line.append(f"{problem:<{widths[1]}}", style=style)
    for cell, width in zip(numbers, widths[2:], strict=True):
        line.append(f"{_GAP}{cell:>{width}}", style="bold" if style == "bold" else "")
    return line


def _cut(name: str, width: int) -> str:
    """Cut a name that is longer than a line in its middle."""
    head = (width - 1) // 2
    return name if len(name) <= width else f"{name[:head]}…{name[len(name) - width + head + 1 :]}"


def _count(rows: Sequence[Summary], n_errors: int) -> str:
    counts = Counter(row.problem for row in rows)
    parts = [f"{counts[problem]} {problem}" for problem in COLORS if counts[problem]]
    runs = f"{len(rows)} run{'s' * (len(rows) != 1)}"
    unread = f"; {n_errors} could not be judged" if n_errors else ""
    return f"{runs}: {', '.join(parts)}{unread}. `diagnose RUN` tells more of one."
