"""The table of many runs."""

from __future__ import annotations

import io
import math

import pytest

from diagnose.render.console import plain_console
from diagnose.render.many import print_many
from diagnose.report import Summary


def summary(source: str, problem: str = "healthy", **more: object) -> Summary:
    """Return one run in one line."""
    plain = Summary(source, problem, None, (), 0, 7.0, "epoch", 0.5, 0.625)
    return plain._replace(**more)


def printed(*rows: Summary, width: int = 80, n_errors: int = 0) -> list[str]:
    """Print runs and return the lines."""
    out = io.StringIO()
    print_many(rows, n_errors, plain_console(out, width))
    return out.getvalue().splitlines()


def test_what_needs_attention_comes_first():
    """A problem of the training loss, then of generalization, then what is open, then the rest."""
    lines = printed(
        summary("a", "healthy"),
        summary("b", "undetermined"),
        summary("c", "overfitting"),
        summary("d", "underfitting", cause="capacity"),
        summary("e", "overfitting", n_problems=2),
        summary("f", "healthy", also=("miscalibration",)),
    )
    names = [line[0] for line in lines[1:7]]
    assert names == ["d", "e", "c", "b", "f", "a"]
    assert "6 runs: 1 underfitting, 2 overfitting, 2 healthy, 1 undetermined." in " ".join(lines)


def test_a_line_holds_verdict_best_step_and_last_losses():
    """What was not logged is a dash, and a loss that is no number says so."""
    lines = printed(
        summary("a", train_loss=math.nan, val_loss=None, best_step=None),
        summary("b", best_step=1_000_000.0, train_loss=-0.9431, val_loss=12345.678),
    )
    assert lines[1].split() == ["a", "healthy", "-", "nan", "-"]
    assert lines[2].split() == ["b", "healthy", "1000000", "-0.943", "12,346"]


@pytest.mark.parametrize("width", [80, 100])
def test_no_line_is_longer_than_the_terminal(width):
    """Long names get a line of their own; what a run is besides moves below."""
    rows = [
        summary(
            f"{'name' * 30}{index}", "underfitting", cause="over-regularized",
            also=("overfitting", "miscalibration"), train_loss=1.23e-05, val_loss=1.23e-05,
        )
        for index in range(3)
    ]  # fmt: skip
    lines = printed(*rows, width=width)
    assert max(map(len, lines)) < width
    assert sum("+ overfitting + miscalibration" in line for line in lines) == 3
    for index in range(3):
        name, run, _ = lines[1 + 3 * index : 4 + 3 * index]
        assert name.startswith("namename")
        assert name.endswith(f"name{index}")
        assert "…" in name
        assert run.split()[:2] == ["underfitting", "(over-regularized)"]


def test_the_folder_that_all_lie_in_is_said_once():
    """So is the name that all files bear."""
    lines = printed(summary("runs/a/metrics.csv"), summary("runs/b/metrics.csv"))
    assert lines[0] == "In runs:"
    assert [line.split()[0] for line in lines[3:5]] == ["a", "b"]
    lines = printed(summary("a/x.csv"), summary("b/y.csv"))
    assert [line.split()[0] for line in lines[1:3]] == ["a/x.csv", "b/y.csv"]


def test_names_of_the_system_are_shown_not_obeyed():
    """A control character in a name is made visible, on one line."""
    lines = printed(summary("a\x1b[31m\nb"), summary("c"))
    assert "\x1b" not in "".join(lines)
    assert lines[1].startswith("a\\x1b[31m\\nb")
