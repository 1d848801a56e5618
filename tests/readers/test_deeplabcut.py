"""DeepLabCut's table without a header, written here as its training prints it."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read
from diagnose.readers.deeplabcut import READER
from diagnose.readers.source import Source

GOOD = "".join(f"{1000 * i}, {1 / i:.5f}, 0.005\n" for i in range(1, 9))


def test_three_columns(read_log, points) -> None:
    """The file's name says that they are the iteration, the loss and the learning rate."""
    run = read_log(GOOD + "9000, 0.1", "learning_stats.csv")
    assert points(run, "train_loss") == [(1000 * i, float(f"{1 / i:.5f}")) for i in range(1, 9)]
    assert points(run, "lr")[0] == (1000, 0.005)
    assert run.step_unit == "iteration"
    assert any("1 line" in note for note in run.notes)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("other.csv", GOOD),
        ("learning_stats.csv", "step,loss,lr\n" + GOOD),
        ("learning_stats.csv", "1, 0.5, 20\n2, 0.4, 30\n"),
    ],
)
def test_others_are_not_recognized(tmp_path, name, content) -> None:
    """Three numbers alone say nothing, and the newer table has a header."""
    path = tmp_path / name
    path.write_text(content)
    assert READER.recognizes(Source(path)) == 0.0


def test_the_newer_table_has_a_header(read_log, points) -> None:
    """The PyTorch version evaluates at some steps."""
    rows = "".join(f"{i},{1 / i},{2 / i if i % 5 == 0 else ''}\n" for i in range(1, 16))
    run = read_log(
        f"step,losses/train.total_loss,losses/eval.total_loss\n{rows}", "learning_stats.csv"
    )
    assert points(run, "train_loss") == [(i, 1 / i) for i in range(1, 16)]
    assert points(run, "val_loss") == [(i, 2 / i) for i in (5, 10, 15)]


@given(st.binary(max_size=200))
def test_random_bytes_after_a_good_head(tmp_path_factory, tail) -> None:
    """Whatever follows, the only exception is ours."""
    path = tmp_path_factory.mktemp("d") / "learning_stats.csv"
    path.write_bytes(GOOD.encode() + tail)
    with contextlib.suppress(LogError):
        read(path)


def test_long_lines_take_no_time(tmp_path) -> None:
    """A line of ten megabytes of digits is gone through once."""
    path = tmp_path / "learning_stats.csv"
    path.write_text(GOOD + "1" * 5_000_000 + "," + "1" * 5_000_000)
    start = time.process_time()
    with contextlib.suppress(LogError):
        READER.read(Source(path), None)
    assert time.process_time() - start < 3
