"""MLflow: metric files and a database, written by hand, and by MLflow's client."""

from __future__ import annotations

import contextlib
import gzip
import math
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read, read_runs
from diagnose.readers.mlflow import READER
from diagnose.readers.source import Source

TIME = 1628697792090


def metric(values: list[float], steps: list[int] | None = None) -> str:
    """Write a metric's file as the file store does."""
    at = range(len(values)) if steps is None else steps
    return "".join(f"{TIME + i} {v} {s}\n" for i, (v, s) in enumerate(zip(values, at, strict=True)))


def stored(folder: Path, name: str, content: str) -> Path:
    """Put a metric's file where MLflow would."""
    path = folder / "mlruns/0/cb0096518b0e4c66a94428555f05420b/metrics" / name
    path.parent.mkdir(parents=True)
    path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("name", "role"),
    [("loss", "train_loss"), ("val/loss", "val_loss"), ("eval_loss", "val_loss"),
     ("l2.valid", "val_loss"), ("train_loss", "train_loss")],
)  # fmt: skip
def test_the_file_is_called_after_the_metric(tmp_path, points, name, role) -> None:
    """A slash in the name made a folder."""
    values = [3.0, 2.5, float("nan"), 2.0, 1e-3]
    run = read(stored(tmp_path, name, metric(values, [10, 20, 30, 40, 50])))
    assert run.columns[role] == (name,)
    assert [s for s, _ in points(run, role)] == [10, 20, 30, 40, 50]
    assert [v for _, v in points(run, role)] == pytest.approx(values, nan_ok=True)


def test_steps_that_were_not_told(tmp_path, points) -> None:
    """Where every value stands at step 0, or none at any, their order counts."""
    run = read(stored(tmp_path, "loss", metric([3, 2, 1], [0, 0, 0])))
    assert points(run, "train_loss") == [(1, 3), (2, 2), (3, 1)]
    old = "".join(f"{TIME + i} {v}\n" for i, v in enumerate([3, 2, 1]))
    assert points(read(stored(tmp_path / "old", "loss", old)), "train_loss") == [
        (1, 3), (2, 2), (3, 1)
    ]  # fmt: skip


def test_a_metric_that_is_no_loss(tmp_path) -> None:
    """An accuracy alone is no training curve, and neither is one value."""
    with pytest.raises(LogError, match="no column is called a loss"):
        read(stored(tmp_path, "accuracy", metric([0.1, 0.2, 0.3])))
    with pytest.raises(LogError, match="a single point"):
        read(stored(tmp_path / "one", "loss", metric([0.1])))


@pytest.mark.parametrize(
    "content",
    ["0.5 0.4 0.3\n" * 5, "1 0.5\n2 0.4\n", "1628697792090,0.5,1\n" * 3, "16286977 1 2\n"],
)
def test_other_numbers_are_not_recognized(tmp_path, content) -> None:
    """The first number of each line is a time in milliseconds."""
    path = tmp_path / "loss"
    path.write_text(content)
    assert READER.recognizes(Source(path)) == 0.0


@given(st.binary(max_size=200))
def test_random_bytes_after_a_good_file(tmp_path_factory, tail) -> None:
    """Whatever follows, the only exception is ours."""
    path = tmp_path_factory.mktemp("d") / "loss"
    path.write_bytes(metric([3, 2, 1, 2, 1]).encode() + tail)
    with contextlib.suppress(LogError):
        read(path)


def test_long_lines_take_no_time(tmp_path) -> None:
    """A line of ten megabytes of digits is gone through once."""
    path = tmp_path / "loss"
    path.write_text(metric([3, 2, 1]) + f"{TIME} " + "1" * 10_000_000)
    start = time.process_time()
    with contextlib.suppress(LogError):
        READER.read(Source(path), None)
    assert time.process_time() - start < 3


Row = tuple[str, str, float, int]
"""Run, metric, value and step."""


@pytest.fixture
def database(tmp_path):
    """Give a function that writes a database with the tables of MLflow's tracking store."""

    def make(rows: list[Row], deleted: tuple[str, ...] = (), name: str = "mlflow.db") -> Path:
        path = tmp_path / name
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                "CREATE TABLE experiments (experiment_id INTEGER NOT NULL, name VARCHAR(256),"
                " lifecycle_stage VARCHAR(32), PRIMARY KEY (experiment_id));"
                "CREATE TABLE runs (run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), status"
                " VARCHAR(9), lifecycle_stage VARCHAR(20), experiment_id INTEGER, start_time"
                " BIGINT, PRIMARY KEY (run_uuid));"
                "CREATE TABLE metrics (key VARCHAR(250) NOT NULL, value DOUBLE NOT NULL, timestamp"
                " BIGINT NOT NULL, run_uuid VARCHAR(32) NOT NULL, step BIGINT DEFAULT 0 NOT NULL,"
                " is_nan BOOLEAN DEFAULT 0 NOT NULL,"
                " PRIMARY KEY (key, timestamp, step, run_uuid, value, is_nan));"
                "INSERT INTO experiments VALUES (0, 'Default', 'active');"
            )
            for run in dict.fromkeys(row[0] for row in rows):
                stage = "deleted" if run in deleted else "active"
                connection.execute(
                    "INSERT INTO runs VALUES (?, ?, 'FINISHED', ?, 0, 0)",
                    (run, f"name-of-{run}", stage),
                )
            for number, (run, key, value, step) in enumerate(rows):
                held = (0.0, 1) if math.isnan(value) else (value, 0)
                connection.execute(
                    "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)",
                    (key, held[0], TIME + number, run, step, held[1]),
                )
            connection.commit()
        return path

    return make


def curve(run: str, key: str, values: list[float], every: int = 1) -> list[Row]:
    """Return the rows of one curve."""
    return [(run, key, v, every * i) for i, v in enumerate(values)]


TRAIN, VAL = [3.0, 2.0, 1.5, 1.0, 0.8, 0.7], [3.1, 2.2, 2.0]


def test_a_run_of_a_database(database, points) -> None:
    """Both losses stand at their steps, and no file appears beside the database."""
    rows = curve("a" * 32, "train_loss", TRAIN) + curve("a" * 32, "val_loss", VAL, every=2)
    path = database([*rows, ("a" * 32, "score", 0.5, 0)])
    before = path.read_bytes()
    run = read(path)
    assert run.format == "MLflow database"
    assert points(run, "train_loss") == list(enumerate(TRAIN))
    assert points(run, "val_loss") == [(0, 3.1), (2, 2.2), (4, 2.0)]
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["mlflow.db"]


def test_runs_of_a_database(database, points) -> None:
    """Each run with a curve is one; deleted runs and single values are left out and told."""
    rows = curve("a" * 32, "loss", TRAIN) + curve("b" * 32, "loss", VAL, every=5)
    rows += [*curve("c" * 32, "loss", TRAIN), ("d" * 32, "loss", 1.0, 0)]
    runs = read_runs(database(rows, deleted=("c" * 32,)))
    assert [run.source.rpartition("[")[2] for run in runs] == [
        f"name-of-{'a' * 32} aaaaaaaa]", f"name-of-{'b' * 32} bbbbbbbb]",
    ]  # fmt: skip
    assert points(runs[0], "train_loss") == list(enumerate(TRAIN))
    assert points(runs[1], "train_loss") == [(0, 3.1), (5, 2.2), (10, 2.0)]
    assert any("1 deleted run" in note for note in runs[0].notes)
    assert any("1 run of 3" in note for note in runs[0].notes)


def test_values_that_are_no_numbers(database, points) -> None:
    """NaN has a mark of its own, an infinity is stored as the largest float."""
    run = read(database(curve("a" * 32, "loss", [1.0, math.nan, sys.float_info.max, 2.0])))
    assert [v for _, v in points(run, "train_loss")] == pytest.approx(
        [1.0, math.nan, math.inf, 2.0], nan_ok=True
    )


def test_the_last_value_of_a_step(database, points) -> None:
    """Of values that were logged again the last counts; at step 0 alone each counts."""
    rows = [*curve("a" * 32, "loss", TRAIN), ("a" * 32, "loss", 9.0, 2)]
    run = read(database(rows))
    assert points(run, "train_loss")[2] == (2, 9.0)
    assert any("logged again" in note for note in run.notes)
    again = database([("a" * 32, "loss", v, 0) for v in TRAIN], name="zero.db")
    assert [v for _, v in points(read(again), "train_loss")] == TRAIN


def test_a_compressed_database(database, tmp_path, points) -> None:
    """It is unpacked into memory."""
    path = tmp_path / "mlflow.db.gz"
    path.write_bytes(gzip.compress(database(curve("a" * 32, "loss", TRAIN)).read_bytes()))
    assert points(read(path), "train_loss") == list(enumerate(TRAIN))


def test_databases_without_a_curve(database, tmp_path) -> None:
    """What was seen is said."""
    with pytest.raises(LogError, match="Metrics seen: 'accuracy'"):
        read(database(curve("a" * 32, "accuracy", TRAIN)))
    path = tmp_path / "study.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE trials (id INTEGER)")
        connection.execute("CREATE VIEW metrics AS SELECT 1 AS run_uuid, 2 AS key, 3 AS value")
        connection.commit()
    with pytest.raises(LogError, match=r"without MLflow's metrics; its tables: 'trials'"):
        read(path)


@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=60))
def test_damaged_databases(damage_base, at, damage) -> None:
    """Whatever stands in the pages, the only exception is ours."""
    whole = damage_base.read_bytes()
    path = damage_base.with_name("damaged.db")
    path.write_bytes(whole[:at] + damage + whole[at + len(damage) :])
    with contextlib.suppress(LogError):
        read_runs(path)
    path.write_bytes(whole[: 100 + at])
    with contextlib.suppress(LogError):
        read_runs(path)


@pytest.fixture(scope="module")
def damage_base(tmp_path_factory):
    """Write one database for all damages."""
    folder = tmp_path_factory.mktemp("damage")
    path = folder / "whole.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE metrics (key TEXT, value DOUBLE, timestamp INT, run_uuid TEXT, step INT)"
        )
        rows = [("loss", 1.0 / (1 + i), i, "a" * 32, i) for i in range(200)]
        connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
    return path


WRITE = """
import sys
from mlflow import MlflowClient
from mlflow.entities import Metric
for store in ("file:mlruns", "sqlite:///mlflow.db"):
    client = MlflowClient(tracking_uri=store)
    run = client.create_run("0").info.run_id
    losses = [2 / (s + 1) for s in range(300)] + [float("nan"), float("inf"), 1e-300]
    metrics = [Metric("train/loss", v, 1700000000000 + s, 3 * s) for s, v in enumerate(losses)]
    metrics += [Metric("val/loss", 3 / (s + 1), 1700000001000 + s, 3 * s)
                for s in range(0, 300, 50)]
    client.log_batch(run, metrics=metrics)
    client.log_param(run, "lr", 0.1)
    client.set_terminated(run)
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """Have MLflow write one run into its file store and one into its database."""
    pytest.importorskip("mlflow", reason="needs mlflow-skinny")
    folder = tmp_path_factory.mktemp("mlflow")
    settings = {
        "MLFLOW_ALLOW_FILE_STORE": "true",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "HOME": str(folder),
    }
    subprocess.run(
        [sys.executable, "-c", WRITE], check=True, cwd=folder, env=os.environ | settings,
        stderr=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize("store", ["mlruns", "mlflow.db"])
def test_a_run_that_mlflow_wrote(written, points, store) -> None:
    """What MLflow's own client was given comes back from either store, every step and value."""
    (run,) = read_runs(written / store)
    assert run.columns["train_loss"] == ("train/loss",)
    assert points(run, "val_loss") == [(3 * s, 3 / (s + 1)) for s in range(0, 300, 50)]
    train = points(run, "train_loss")
    assert train[:300] == [(3 * s, 2 / (s + 1)) for s in range(300)]
    assert [(s, repr(v)) for s, v in train[300:]] == [(900, "nan"), (903, "inf"), (906, "1e-300")]


def test_what_a_damaged_schema_holds_does_not_break_the_sentence(tmp_path):
    """SQLite quotes what it cannot read, here a separator of records: it still is one line."""
    path = tmp_path / "mlflow.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE metrics (key TEXT, value REAL, step INTEGER)")
        connection.commit()
    path.write_bytes(path.read_bytes().replace(b"value REAL", b"value\x1e\x1b[1m"))
    with pytest.raises(LogError) as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 1
    assert "\x1b" not in str(caught.value)
