"""What experiments measured of techniques, in words and tables."""

from __future__ import annotations

import io

from rich.console import Console
from rich.text import Text

from catalog.card import Card
from catalog.measured import Decided, Effect, Measured, Summary, Trial
from diagnose.render.console import plain_console, print_wrapped
from diagnose.render.metrics import metric_words
from diagnose.render.table import make_table, print_table
from diagnose.rules.rule import number

LOSSES = {"optimization": "training loss", "generalization": "validation loss"}


def mean(values: tuple[float, ...]) -> str:
    """Write a mean over seeds."""
    return number(sum(values) / len(values))


def signed(value: float, digits: int = 3) -> str:
    """Write a difference with its sign."""
    return ("+" if value > 0 else "") + number(value, digits)


def interval(effect: Effect | Summary) -> str:
    """Write a difference with its interval, as in `-0.263 [-0.36, -0.17]`."""
    return f"{signed(effect.difference)} [{number(effect.low, 2)}, {number(effect.high, 2)}]"


def short_summary(summary: Summary | None, loss: str) -> str:
    """Write a summary in one cell, as in `-0.263 ±0.096 *`; empty if there is none.

    A star marks what is measurable, a dagger another metric than the loss named.
    """
    if summary is None:
        return ""
    half = number((summary.high - summary.low) / 2, 2)
    mark = " *" if summary.is_measurable else ""
    other = "" if metric_words(summary.metric) == loss else "†"
    return f"{signed(summary.difference, 2)}{other} ±{half}{mark}"


def claim_words(decided: Decided) -> str:
    """Write a claim, as in `a lower training loss (optimization)`."""
    better = "lower" if decided.lower_is_better else "higher"
    kind = "" if decided.benefit == "neither" else f" ({decided.benefit})"
    return f"a {better} {metric_words(decided.metric)}{kind}"


def setup_lines(trial: Trial) -> list[str]:
    """Say how the arms were run: their learning rates, and the runs that diverged."""
    lines = []
    if trial.lr:
        grid = ", ".join(map(number, trial.lr_grid))
        rates = f"{number(trial.lr[0])} without and {number(trial.lr[1])} with"
        lines.append(f"Learning rate {rates}, each the best of {grid} on two other seeds.")
        if any(lr in (trial.lr_grid[0], trial.lr_grid[-1]) for lr in trial.lr):
            lines.append("A rate at the end of the grid: a better one may lie beyond.")
    for name, count in zip((trial.control, trial.treatment), trial.diverged, strict=True):
        if count:
            lines.append(
                f"{count} of {len(trial.seeds)} runs diverged ({name}); each is counted as the"
                " prediction that ignores the input."
            )
    return lines


def verdict_lines(trial: Trial) -> list[str]:
    """Say of each claim whether it held, then what was measured though not claimed."""
    lines = [
        f"{decided.verdict.capitalize()}: {claim_words(decided)}."
        for decided in trial.claims
        if decided.claimed
    ]
    lines += [
        f"Not claimed: the {metric_words(metric)} got {change}."
        for metric, change in trial.unclaimed_changes()
    ]
    return lines


def print_measured(measured: Measured, console: Console, indent: int = 0) -> None:
    """Print every experiment of a technique."""
    pad = " " * indent
    for index, trial in enumerate(measured.trials):
        if index:
            console.print()
        print_wrapped(console, trial.question, pad)
        print_wrapped(console, f"{trial.setting[0].upper()}{trial.setting[1:]}.", pad)
        table = make_table("", trial.control, trial.treatment, "Difference, 95 %", "Agree")
        for column in (table.columns[0], *table.columns[3:]):
            column.no_wrap = True  # long names of arms fold, numbers never
        for effect in trial.effects:
            table.add_row(
                Text(metric_words(effect.metric)),
                mean(effect.control),
                mean(effect.treatment),
                interval(effect),
                f"{round(effect.agreement * len(trial.seeds))}/{len(trial.seeds)}",
            )
        print_table(console, table, indent)
        for line in (*setup_lines(trial), *verdict_lines(trial)):
            print_wrapped(console, line, pad)


def run_to_text(card: Card, measured: Measured) -> str:
    """Return what `print_run` prints, as plain text 80 columns wide."""
    out = io.StringIO()
    print_run(card, measured, plain_console(out))
    return out.getvalue()


def print_run(card: Card, measured: Measured, console: Console) -> None:
    """Print an experiment that was just run, under the technique's name."""
    console.print(Text(card.name, style="bold"))
    console.print()
    print_measured(measured, console)
    console.print()
    print_wrapped(console, provenance(measured))


def provenance(measured: Measured) -> str:
    """Say where figures come from."""
    versions = ", ".join(f"{name} {version}" for name, version in measured.versions.items())
    return f"{number(measured.seconds)} s of processor time; {measured.machine}; {versions}."
