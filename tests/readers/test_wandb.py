"""W&B run files: written by hand after the format's own description, and by W&B's client."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read
from tests.readers.test_tensorboard import chunk

BLOCK = 1 << 15
MAGIC = b":W&B" + struct.pack("<HB", 0xBEE1, 0)


def row(nested: bool = False, **values: object) -> bytes:
    """Write a record that holds a row of the history."""
    items = b""
    for name, value in values.items():
        keys = name.split("__")
        key = b"".join(chunk(2, k.encode()) for k in keys) if nested else chunk(1, name.encode())
        items += chunk(1, key + chunk(16, json.dumps(value).encode()))
    return chunk(2, items)


def log(*records: bytes) -> bytes:
    """Write records into blocks of 32 KiB, split where they do not fit."""
    out = bytearray(MAGIC)
    for record in records:
        rest, first = record, True
        while True:
            room = BLOCK - len(out) % BLOCK
            if room < 7:
                out += b"\0" * room
                continue
            piece, rest = rest[: room - 7], rest[room - 7 :]
            kind = {(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}
            out += struct.pack("<IHB", 0, len(piece), kind[first, not rest]) + piece
            first = False
            if not rest:
                break
    return bytes(out)


@pytest.fixture
def wandb(tmp_path):
    """Write a run file and read it."""

    def make(content: bytes):
        path = tmp_path / "run-abc.wandb"
        path.write_bytes(content)
        return read(path)

    return make


def test_rows_stand_at_their_steps(wandb):
    """Training and validation losses of different rows keep their own `_step`."""
    rows = []
    for step in range(20):
        rows.append(row(_step=step, **{"train/loss": 2.0 - step / 20, "_timestamp": 1e9}))
        if step % 5 == 0:
            rows.append(row(_step=step, **{"val/loss": 2.5 - step / 20}))
    run = wandb(log(*rows))
    assert run.format == "W&B run file"
    assert run.train_loss.step.tolist() == list(range(20))
    assert run.val_loss.step.tolist() == [0, 5, 10, 15]
    assert run.val_loss.value.tolist() == [2.5, 2.25, 2.0, 1.75]


def test_nested_names_are_joined(wandb):
    """`{"train": {"loss": ...}}` is the column `train/loss`."""
    run = wandb(log(*(row(nested=True, _step=s, train__loss=1.0 / (s + 1)) for s in range(4))))
    assert run.columns["train_loss"] == ("train/loss",)


def test_a_record_may_span_blocks(wandb):
    """A row beside a long text is put together from its pieces."""
    text = "x" * 40_000
    run = wandb(log(*(row(_step=s, note=text, loss=1.0 + s) for s in range(6))))
    assert run.train_loss.value.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_record_whose_end_was_never_written_is_told(wandb):
    """A file may end with the first part of a record and a block of zeros."""
    text = "x" * 40_000
    content = log(*(row(_step=s, note=text, loss=1.0 + s) for s in range(6)))
    run = wandb(content[: 5 * 32_768])
    assert run.train_loss.value.tolist() == [1, 2, 3, 4]
    assert "the last record is cut off and was left out" in run.notes


def test_a_run_that_was_killed_is_read_up_to_there(wandb):
    """The last record is cut off; the rows before it are kept, and it is said."""
    content = log(*(row(_step=s, loss=1.0 + s) for s in range(6)))
    run = wandb(content[:-5])
    assert run.train_loss.value.tolist() == [1, 2, 3, 4, 5]
    assert "the last record is cut off and was left out" in run.notes


def test_values_that_are_not_finite_are_kept(wandb):
    """W&B writes NaN and infinities as JavaScript spells them."""
    run = wandb(log(*(row(_step=s, loss=float("nan") if s > 2 else 1.0) for s in range(5))))
    assert [str(v) for v in run.train_loss.value] == ["1.0", "1.0", "1.0", "nan", "nan"]


WRITE = """
import sys, wandb
settings = wandb.Settings(x_disable_stats=True, x_disable_meta=True, console="off")
run = wandb.init(mode="offline", dir=sys.argv[1], project="curves", settings=settings)
for step in range(2000):
    row = {"train/loss": 2 / (step + 1)}
    if step % 50 == 0:
        row |= {"val": {"loss": 2.5 / (step + 1)}, "note": "n" * 99}
    run.log(row, step=3 * step)
for step, value in enumerate([float("nan"), float("inf"), float("-inf"), 1e-300], 6000):
    run.log({"train/loss": value}, step=step)
run.finish()
"""


def test_a_run_that_wandb_wrote(tmp_path, points):
    """What W&B's own client was given comes back, every step and value of it."""
    pytest.importorskip("wandb", reason="needs wandb")
    quiet = {"WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "HOME": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path)],
        check=True,
        env=os.environ | quiet,
        timeout=300,
    )
    (path,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    assert path.stat().st_size > 3 * BLOCK
    run = read(path)
    assert points(run, "val_loss") == [(3 * s, 2.5 / (s + 1)) for s in range(0, 2000, 50)]
    train = points(run, "train_loss")
    assert train[:2000] == [(3 * s, 2 / (s + 1)) for s in range(2000)]
    assert [(s, repr(v)) for s, v in train[2000:]] == [
        (6000, "nan"), (6001, "inf"), (6002, "-inf"), (6003, "1e-300")
    ]  # fmt: skip


@given(st.binary(max_size=400))
def test_only_log_errors_leave_it(tmp_path_factory, content):
    """Whatever follows the first rows, nothing but a LogError comes of it."""
    path = tmp_path_factory.mktemp("wandb") / "run-x.wandb"
    path.write_bytes(log(row(_step=0, loss=1.0)) + content)
    with contextlib.suppress(LogError):
        read(path)
