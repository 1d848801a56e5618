"""The benchmark of the readers measures what it says it measures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from diagnose.readers import read

LOGS = Path(__file__).parents[2] / "shared/data/logs"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    """Return the benchmark, which is a script and no part of a package."""
    path = Path(__file__).parents[1] / "benchmarks" / "readers.py"
    spec = importlib.util.spec_from_file_location("benchmark_of_readers", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_event_file_holds_its_curves(benchmark, tmp_path):
    """What is written is an event file with all scalars, checksums included."""
    path = tmp_path / "events.out.tfevents.1700000000.host.1.0"
    benchmark.write_events(path, 40)
    run = read(path)
    expected = benchmark.curves(40, 2)
    assert run.train_loss.step.tolist() == list(range(40))
    assert run.train_loss.value == pytest.approx(expected[:, 1], rel=1e-6)
    assert run.val_loss.value == pytest.approx(expected[:, 2], rel=1e-6)


def test_a_huge_table_is_the_large_one_at_ten_times_the_steps(benchmark, tmp_path):
    """Each row stands ten times, and what is measured is that the command judges it."""
    assert benchmark.huge_csv(tmp_path, 0.001)["seconds"] > 0
    run = read(tmp_path / "huge.csv")
    assert run.train_loss.step.tolist() == list(range(10_000))
    assert run.val_loss.value[::10] == pytest.approx(benchmark.curves(1000, 1)[:, 2], abs=1e-6)


@pytest.mark.parametrize("columns", [3, 8])
def test_the_stages_are_those_of_the_command(benchmark, tmp_path, columns):
    """A table of any width goes through every stage, and each takes some time."""
    benchmark.write_csv(tmp_path / "log.csv", 300, 0, columns)
    times = benchmark.stages(tmp_path / "log.csv")
    assert list(times) == [
        f"{name}_seconds" for name in ("imports", "parse", "axis_and_roles", "rules", "report")
    ]
    assert min(times.values()) > 0


def test_a_folder_of_logs_is_timed(benchmark, tmp_path):
    """Ten logs and a broken one: the command ends with 2, and the time is told."""
    figures = benchmark.many_logs(tmp_path, 0.001)
    assert figures["logs"] == 10
    assert figures["seconds"] > 0


def test_the_bars_are_a_log(benchmark, tmp_path):
    """The text that is timed holds a curve of training and validation."""
    benchmark.progress_bars(tmp_path, 0.004)
    run = read(tmp_path / "bars.log")
    assert run.val_loss.value.tolist() == pytest.approx([2.5, 1.35, 0.9667, 0.775, 0.66], abs=1e-4)


@pytest.mark.parametrize("options", [["--logs", "/no/such"], ["--only", "coverage"]])
def test_a_missing_collection_is_refused_first(benchmark, monkeypatch, capsys, options):
    """Nothing is measured before what cannot be measured is told."""
    monkeypatch.setattr(sys, "argv", ["readers.py", *options])
    with pytest.raises(SystemExit) as refused:
        benchmark.main()
    assert refused.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--logs" in shown.err.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")
def test_real_logs_are_read_and_controls_refused(benchmark):
    """Nearly all logs with a curve are read, and no curve is made up for what has none."""
    table = benchmark.coverage(LOGS)
    curves = sum(counts["curves"] - counts["refused"] for counts in table.values())
    assert sum(counts["read"] for counts in table.values()) >= 0.98 * curves
    assert sum(counts["false"] for counts in table.values()) == 0
