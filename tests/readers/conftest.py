"""What the tests of the readers share: a way from the text of a log to its run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from diagnose.readers import read_runs
from diagnose.readers.table import Choice
from diagnose.run import Run

ReadLog = Callable[..., Run]


@pytest.fixture
def read_log(tmp_path: Path) -> ReadLog:
    """Give a function that writes a log and reads its one run."""

    def read(content: str | bytes, name: str = "log.csv", **named: str) -> Run:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (run,) = read_runs(path, Choice(**named))
        return run

    return read


@pytest.fixture
def points() -> Callable[[Run, str], list[tuple[float, float]]]:
    """Give a function that lists a series as pairs of step and value."""

    def pairs(run: Run, name: str) -> list[tuple[float, float]]:
        series = run.series[name]
        return list(zip(series.step.tolist(), series.value.tolist(), strict=True))

    return pairs
