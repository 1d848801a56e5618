"""The report in a terminal."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

import diagnose
from diagnose.render.text import print_report, to_text

RISE = np.concatenate([np.linspace(2, 1, 15), np.linspace(1, 1.8, 35)])


@pytest.fixture
def report():
    """Return the report of a run that overfits."""
    return diagnose.diagnose(train_loss=np.linspace(2.0, 0.05, 50), val_loss=RISE)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_is_wider_than_the_terminal_or_ends_in_blanks(report, width):
    """Readable at 80 columns, and in a narrower window."""
    lines = to_text(report, width).splitlines()
    assert all(len(line) <= width for line in lines)
    assert not any(line.endswith(" ") for line in lines)


def test_the_sections_come_in_order(report):
    """Verdict first, then curves, evidence, what to try, what not, what is open."""
    text = to_text(report)
    titles = [
        "OVERFITTING", "training loss ⠤⠤", "Evidence", "Try, in this order", "Not now",
        "Not checked", "How the log was read", "found,",
    ]  # fmt: skip
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_the_decisive_step_is_marked_in_the_plot(report):
    """A vertical line stands at the best epoch, labelled below."""
    text = to_text(report)
    assert "┊" in text
    assert "epoch 15" in text[text.index("└") : text.index("Evidence")]


def test_the_last_line_counts_every_rule(report):
    """Nothing that was not checked is passed over in silence."""
    counts = [len(report.found), len(report.clear), len(report.not_checked)]
    assert f"{counts[0]} found, {counts[1]} clear, {counts[2]} not checked" in to_text(report)
    assert sum(counts) == len(report.findings)


def test_markup_and_control_characters_from_a_log_are_shown_not_obeyed():
    """A file name cannot colour, clear or beep."""
    run = diagnose.Run(
        "[bold red]x[/]\x1b[2J\x07.csv",
        "CSV",
        "epoch",
        {"train_loss": diagnose.Series("l", np.arange(1.0, 31.0), np.linspace(2, 1, 30))},
        notes=("column '[link=http://x]\x1b]0;t\x07' was left out",),
    )
    text = to_text(diagnose.diagnose(run))
    assert "[bold red]x[/]" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_colour_adds_nothing_but_colour(report):
    """The words are the same with and without colour."""
    out = io.StringIO()
    console = Console(
        file=out, width=80, force_terminal=True, color_system="standard", highlight=False,
        markup=False,
    )  # fmt: skip
    print_report(report, console)
    import re  # noqa: PLC0415

    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert plain.split() == to_text(report).split()
    assert "\x1b[" in out.getvalue()


def test_a_console_without_unicode_gets_ascii_curves(report):
    """A terminal that cannot show Braille gets points."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    print_report(report, Console(file=stream, width=80, color_system=None))
    stream.flush()
    plot = raw.getvalue().decode().split("Evidence")[0]
    assert "validation loss o" in plot
    assert "?" not in plot
    assert "|" in plot
