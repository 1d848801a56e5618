"""How often such a verdict, and such a finding, was right on the benchmark.

The figures are those of the benchmark's held-out runs, on programs and data sets that chose
nothing. They are written by `python -m benchmarks.accuracy --write`, and nothing else is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from diagnose.measures.facts import Facts

Reliability = dict[str, float | int | str]
"""`precision` with its 95 % interval `low` to `high`, and what it is a share of: `right` of `n`;
`recall`; the `benchmark`, and the `setting` in which it was asked."""

FEWEST = 10
"""A figure of fewer cases than this is none."""
EXTRAS = ("lr", "grad_norm", "train_accuracy", "val_accuracy")


@cache
def load() -> Mapping[str, Any]:
    """Return the figures as they were written; empty before the first time."""
    file = Path(__file__).with_name("reliability.json")
    if not file.is_file():
        return {}
    figures: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return figures


def setting_of(facts: Facts) -> str:
    """Return the benchmark's setting that is like a run's evidence."""
    logged = any(facts.run.get(role) is not None for role in EXTRAS)
    if facts.references.linear_train is not None:
        return "everything" if logged else "with the baselines"
    return "everything logged" if logged else "log alone"


def of_verdict(problem: str, facts: Facts) -> Reliability | None:
    """Return how often a verdict was right that names this problem; None if it is not measured."""
    return _find("verdicts", problem, setting_of(facts))


def of_rule(code: str, setting: str) -> Reliability | None:
    """Return how often a rule's finding was right; None if that is not measured."""
    return _find("rules", code, setting)


def settings_of_rule(code: str) -> dict[str, Reliability]:
    """Return how often a rule's finding was right in each setting that it was measured in."""
    found = {setting: of_rule(code, setting) for setting in load().get("settings", {})}
    return {setting: row for setting, row in found.items() if row is not None}


def _find(kind: str, name: str, setting: str) -> Reliability | None:
    figures = load()
    row = figures.get("settings", {}).get(setting, {}).get(kind, {}).get(name)
    if row is None or row["n"] < FEWEST:
        return None
    return {**row, "benchmark": figures["benchmark"], "setting": setting}


def in_words(reliability: Reliability) -> str:
    """Say a reliability, as in `right in 94 of 100 such runs of the benchmark (88 to 97 %)`."""
    low, high = (round(100 * float(reliability[end])) for end in ("low", "high"))
    return (
        f"right in {reliability['right']} of {reliability['n']} such runs of the benchmark"
        f" ({low} to {high} %)"
    )
