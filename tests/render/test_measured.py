"""What was measured, in a terminal."""

from __future__ import annotations

import io
import re

import pytest

from catalog.card import find_card
from catalog.measured import find_measured
from catalog.table import slugs
from diagnose.render.console import make_console, plain_console, writable
from diagnose.render.measured import print_measured
from diagnose.render.reference import print_card, print_catalog


@pytest.mark.parametrize("slug", slugs())
def test_an_interval_stands_in_one_line(slug):
    """At 80 columns names of arms fold, and each metric has its numbers beside it, in one line."""
    measured = find_measured(slug)
    out = io.StringIO()
    print_measured(measured, plain_console(out, 80), 2)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    rows = [line for line in lines if re.search(r"\[[^ ]+, [^ ]+\]  +\d+/\d+$", line)]
    assert len(rows) == sum(len(trial.effects) for trial in measured.trials)


def ascii_console():
    """Return a console whose output holds ASCII alone, and what it is written to."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="plain")
    return plain_console(stream), stream, raw


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+0.17 ±0.023 *", "+0.17 +-0.023 *"),
        ("-0.09† ±0.015", "-0.09^ +-0.015"),
        ("Dollár, 2 × 3 – 1", "Dollar, 2 x 3 - 1"),
        ("η ≤ 雪", "? <= ?"),
    ],
)
def test_what_ascii_cannot_hold_is_written_another_way(text, expected):
    """A sign has its old spelling, a letter loses its accent, and the rest is a question mark."""
    console, stream, raw = ascii_console()
    console.print(text)
    stream.flush()
    assert raw.getvalue().decode("ascii").strip() == expected
    assert writable(text, console) == expected


def test_what_the_output_can_hold_stays():
    """Latin-1 has a plus-minus sign, and UTF-8 has everything."""
    for encoding, expected in (("latin-1", "±1^"), ("utf-8", "±1†")):
        console = plain_console(io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="plain"))
        assert writable("±1†", console) == expected


def test_the_command_line_s_output_is_set_so(monkeypatch):
    """Whatever the terminal's encoding, a sign that it lacks is no error."""
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console = make_console()
    console.print("±1")
    console.file.flush()
    assert raw.getvalue() == b"+-1\n"


def test_the_table_in_ascii_keeps_its_columns():
    """No question marks, and the validation losses begin where their heading does."""
    cards = [find_card(slug) for slug in slugs()]
    console, stream, raw = ascii_console()
    print_catalog(cards, console)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "?" not in text
    table = text[: text.index("techniques.")].splitlines()
    at = table[0].index("Validation loss")
    rows = [line for line in table if line.count("+-") == 2]
    assert len(rows) > 90
    assert all(line[at - 1] == " " and line[at] in "+-0" for line in rows)


def test_a_card_in_ascii_is_written_to_the_end():
    """An author's accent is no error."""
    console, stream, raw = ascii_console()
    print_card(find_card("pre-training"), console)
    stream.flush()
    assert b"He, Girshick, Dollar (2018)" in raw.getvalue()
