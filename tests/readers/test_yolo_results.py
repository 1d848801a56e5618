"""Ultralytics' results.txt: lines written here as its format string prints them."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read
from diagnose.readers.source import Source
from diagnose.readers.yolo_results import READER


def line(epoch: int, parts: list[float], val: list[float], last: int = 9) -> str:
    """Write a line as `'%10s' * 2 + '%10.4g' * 13` prints it."""
    numbers = [*parts, sum(parts), 12, 640, 0.1, 0.2, 0.3, float("nan"), *val]
    head = f"{f'{epoch}/{last}':>10}{'9.76G':>10}"
    return head + "".join(f"{n:>10.4g}" for n in numbers) + "\n"


def test_each_line_is_an_epoch(read_log, points) -> None:
    """The total is the training loss; validation's parts are added up."""
    log = "".join(line(e, [0.1 / (1 + e), 0.01, 0.0], [0.2, 0.03, 0.001 * e]) for e in range(10))
    run = read_log(log, "results.txt")
    assert run.step_unit == "epoch"
    rows = [text.split() for text in log.splitlines()]
    assert points(run, "train_loss") == [(e, float(row[5])) for e, row in enumerate(rows)]
    expected = [sum(map(float, row[-3:])) for row in rows]
    assert [v for _, v in points(run, "val_loss")] == pytest.approx(expected)
    assert points(run, "metrics/precision")[0] == (0, 0.1)


def test_zeros_are_not_evaluated(read_log, points) -> None:
    """Epochs whose three validation losses are 0 were not evaluated."""
    log = "".join(line(e, [0.1, 0.2, 0.3], [0.2, 0.1, 0.1] if e % 2 else [0] * 3) for e in range(8))
    run = read_log(log, "results.txt")
    assert [s for s, _ in points(run, "val_loss")] == [1, 3, 5, 7]
    assert len(points(run, "train_loss")) == 8


def test_a_cut_line_is_left_out(read_log, points) -> None:
    """The last line, half written, gives no number."""
    log = "".join(line(e, [0.1, 0.2, 0.3], [0.2, 0.1, 0.1]) for e in range(6))
    run = read_log(log[:-15], "results.txt")
    assert len(points(run, "train_loss")) == 5
    assert any("line 6" in note for note in run.notes)


@pytest.mark.parametrize(
    "content",
    [
        "1/2 3.0G 1 2 3 4 5\n",
        "  0/9  1.2G  1 2 3 99 9 640 0 0 0 0 1 1 1\n" * 3,  # its total is none
        "epoch,loss\n1,2\n2,1\n",
        "      1/100      2.13G      1.596      2.455      1.443          1        640: 100%\n",
    ],
)
def test_others_are_not_recognized(tmp_path, content) -> None:
    """Tables and progress bars are another reader's."""
    path = tmp_path / "results.txt"
    path.write_text(content)
    assert READER.recognizes(Source(path)) == 0.0


@given(st.binary(max_size=200))
def test_random_bytes_after_a_good_head(tmp_path_factory, tail) -> None:
    """Whatever follows, the only exception is ours."""
    path = tmp_path_factory.mktemp("d") / "results.txt"
    path.write_bytes(line(0, [0.1, 0.2, 0.3], [0.2, 0.1, 0.1]).encode() * 5 + tail)
    with contextlib.suppress(LogError):
        read(path)


def test_long_lines_take_no_time(tmp_path) -> None:
    """A line of ten megabytes is gone through once."""
    path = tmp_path / "results.txt"
    path.write_text(line(0, [1, 2, 3], [1, 2, 3]) * 4 + "0/9 " + "1" * 5_000_000 + " 1" * 2_500_000)
    start = time.process_time()
    with contextlib.suppress(LogError):
        READER.read(Source(path), None)
    assert time.process_time() - start < 3
