"""Type-checked, never run: the examples of README must satisfy mypy."""

from __future__ import annotations

from typing import Any

from diagnose import Report, Run, diagnose, read, read_runs


def of_a_path() -> Report:
    """Judge a log."""
    return diagnose("logs.csv", classes=10, linear_loss=(0.31, 0.35))


def of_arrays(train: list[float], val: list[float]) -> dict[str, Any]:
    """Judge arrays."""
    report = diagnose(train_loss=train, val_loss=val, linear_loss=0.31, constant_loss=2.3)
    problem: str = report.verdict.problem
    assert problem
    return report.to_dict()


def of_a_run() -> list[Run]:
    """Read a log without judging it."""
    run = read("logs.csv")
    loss = run.train_loss
    if loss is not None:
        print(loss.step, loss.value)  # noqa: T201 (never run)
    return read_runs("export.csv")
