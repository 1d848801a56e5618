"""What an experiment measured, as it lies in `measured.toml` beside a card; needs no torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from catalog.card import find_heading

FILE = "measured.toml"
SUMMARIZED = ("optimization", "generalization")
"""The benefits whose summaries stand at the head of the file, for those who read no more."""


class Effect(NamedTuple):
    """One metric, without the technique and with it.

    Attributes:
        metric: Its name.
        control: (seeds,) values without the technique.
        treatment: (seeds,) values with it, on the same seeds.
        difference: Mean of treatment minus control.
        low: Lower end of the difference's 95 % interval.
        high: Upper end.
        agreement: Share of the seeds whose difference has the sign of the mean.
    """

    metric: str
    control: tuple[float, ...]
    treatment: tuple[float, ...]
    difference: float
    low: float
    high: float
    agreement: float


class Decided(NamedTuple):
    """What the card claims in terms of one metric, and whether it held.

    Attributes:
        benefit: `optimization`, `generalization`, or `neither` for a claim of another kind.
        metric: The metric that decides.
        lower_is_better: Whether a lower value supports it.
        claimed: Whether the card claims this benefit; else it is told for completeness.
        verdict: `supported`, `opposite`, or `not measurable at this scale`.
    """

    benefit: str
    metric: str
    lower_is_better: bool
    claimed: bool
    verdict: str


class Trial(NamedTuple):
    """One experiment's outcome.

    Attributes:
        question: What was asked.
        setting: The task, in words.
        control: The arm without the technique, in words.
        treatment: The arm with it.
        seeds: The paired seeds.
        lr: The learning rate of each arm, control first, as tuned; empty where nothing was tuned.
        lr_grid: The rates that were tried on other seeds, the same for both arms.
        diverged: Runs of each arm that ended worse than the constant prediction, control first.
        claims: The card's claims that it decides, then the benefits that are not claimed.
        effects: The metrics.
    """

    question: str
    setting: str
    control: str
    treatment: str
    seeds: tuple[int, ...]
    lr: tuple[float, ...]
    lr_grid: tuple[float, ...]
    diverged: tuple[int, ...]
    claims: tuple[Decided, ...]
    effects: tuple[Effect, ...]

    def effect(self, metric: str) -> Effect:
        """Return the effect on a metric.

        Raises:
            KeyError: If it was not measured.
        """
        for effect in self.effects:
            if effect.metric == metric:
                return effect
        raise KeyError(metric)

    def decided(self, benefit: str) -> Decided | None:
        """Return what decides a benefit, claimed or not; None if nothing does."""
        return next((d for d in self.claims if d.benefit == benefit), None)

    def unclaimed_changes(self) -> list[tuple[str, str]]:
        """Return the metrics that measurably changed though no claim says so: better or worse."""
        sides = {"supported": "better", "opposite": "worse"}
        return [
            (decided.metric, sides[decided.verdict])
            for decided in self.claims
            if not decided.claimed and decided.verdict in sides
        ]


class Summary(NamedTuple):
    """What a technique changed in one number.

    Attributes:
        metric: What decides the benefit.
        control: Its mean over seeds without the technique.
        treatment: Its mean with it.
        difference: Treatment minus control.
        low: Lower end of the difference's 95 % interval.
        high: Upper end.
        verdict: `supported`, `opposite`, or `not measurable at this scale`: of an improvement,
            claimed or not.
    """

    metric: str
    control: float
    treatment: float
    difference: float
    low: float
    high: float
    verdict: str

    @property
    def is_measurable(self) -> bool:
        """Whether the interval excludes zero and the seeds agree."""
        return self.verdict in ("supported", "opposite")


class Measured(NamedTuple):
    """All that was measured of a technique.

    Attributes:
        technique: Its slug.
        fingerprint: Of the code that was measured, to tell when it has changed since.
        seconds: Processor time that it took.
        versions: Python, torch and numpy.
        machine: Processor and cores.
        trials: The experiments; the first decides the card's claims, the others show conditions.
    """

    technique: str
    fingerprint: str
    seconds: float
    versions: Mapping[str, str]
    machine: str
    trials: tuple[Trial, ...]

    def summary(self, benefit: str) -> Summary | None:
        """Return what the first experiment says of a benefit; None if it does not measure it."""
        decided = self.trials[0].decided(benefit)
        if decided is None:
            return None
        effect = self.trials[0].effect(decided.metric)
        return Summary(
            metric=decided.metric,
            control=sum(effect.control) / len(effect.control),
            treatment=sum(effect.treatment) / len(effect.treatment),
            difference=effect.difference,
            low=effect.low,
            high=effect.high,
            verdict=decided.verdict,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain dictionaries, lists, strings and numbers."""
        trials = [
            trial._asdict()
            | {
                "claims": [decided._asdict() for decided in trial.claims],
                "effects": [effect._asdict() for effect in trial.effects],
            }
            for trial in self.trials
        ]
        return self._asdict() | {"trials": trials}


def find_measured(slug: str) -> Measured | None:
    """Read what was measured of a technique; None if nothing was."""
    path = find_heading(slug).folder / FILE
    if not path.is_file():
        return None
    import tomllib  # noqa: PLC0415 (a report reads the heads alone)

    table = tomllib.loads(path.read_text(encoding="utf-8"))
    for benefit in SUMMARIZED:
        table.pop(benefit, None)  # follows from the trials
    trials = tuple(
        Trial(
            **_tuples(trial)
            | {
                "claims": tuple(Decided(**claim) for claim in trial["claims"]),
                "effects": tuple(Effect(**_tuples(effect)) for effect in trial["effects"]),
            }
        )
        for trial in table.pop("trials")
    )
    return Measured(**table, trials=trials)


@cache
def find_summary(slug: str, benefit: str) -> Summary | None:
    """Read what an experiment says of a benefit from the first lines of its file alone.

    Args:
        slug: The technique.
        benefit: `optimization` or `generalization`.
    """
    path = find_heading(slug).folder / FILE
    if not path.is_file():
        return None
    heading, _, _ = path.read_text(encoding="utf-8").partition("\n[")
    for line in heading.splitlines():
        key, _, value = line.partition(" = ")
        if key == benefit:
            return Summary(*json.loads(value))
    return None


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with its lists as tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}


def write_measured(measured: Measured) -> Path:
    """Write what was measured beside the technique's card."""
    path = find_heading(measured.technique).folder / FILE
    lines = ["# Written by `diagnose catalog measure`; do not edit."]
    summaries = {benefit: measured.summary(benefit) for benefit in SUMMARIZED}
    table = {k: list(v) for k, v in summaries.items() if v is not None} | measured.to_dict()
    _write_table(table, "", lines)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _write_table(table: Mapping[str, Any], name: str, lines: list[str]) -> None:
    """Add a table's lines of TOML: its plain values, then its rows of tables."""
    rows = {key: value for key, value in table.items() if _is_rows(value)}
    lines += [f"{key} = {_toml(value)}" for key, value in table.items() if key not in rows]
    for key, tables in rows.items():
        inner = f"{name}.{key}".lstrip(".")
        for row in tables:
            lines += ["", f"[[{inner}]]"]
            _write_table(row, inner, lines)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float):
        return repr(float(f"{value:.6g}"))
    return json.dumps(value, ensure_ascii=False)
