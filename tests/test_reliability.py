"""How often such a verdict was right: shown where it was measured, and nowhere else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose import diagnose, reliability
from diagnose.measures.facts import Facts
from diagnose.readers.arrays import read_arrays
from diagnose.references import References

FALL = np.concatenate([np.linspace(math.log(10), 1.4, 10), np.full(30, 1.4)])
ROW = {"precision": 0.9, "low": 0.8, "high": 0.95, "right": 90, "n": 100, "recall": 0.5}


@pytest.fixture
def measured(monkeypatch):
    """Let one verdict and one rule be measured in one setting, and a rule by too few cases."""
    rules = {"OPT202": ROW, "OPT205": {**ROW, "right": 5, "n": reliability.FEWEST - 1}}
    settings = {"with the baselines": {"verdicts": {"underfitting": ROW}, "rules": rules}}
    monkeypatch.setattr(
        reliability, "load", lambda: {"benchmark": "a benchmark", "settings": settings}
    )


def judged(**more):
    """Judge a run that ends above a linear model."""
    return diagnose(train_loss=FALL, val_loss=FALL, **more)


@pytest.mark.usefixtures("measured")
def test_a_verdict_and_its_findings_carry_what_was_measured():
    """With its counts, its interval, the benchmark and the setting."""
    report = judged(linear_loss=(0.1, 0.2), classes=10)
    assert report.verdict.reliability == {
        **ROW, "benchmark": "a benchmark", "setting": "with the baselines",
    }  # fmt: skip
    by = {finding.code: finding for finding in report.findings}
    assert by["OPT202"].reliability["right"] == 90
    assert report.to_dict()["verdict"]["reliability"]["n"] == 100


@pytest.mark.usefixtures("measured")
def test_a_figure_of_a_handful_is_none():
    """Fewer cases than the least are no measurement."""
    report = judged(linear_loss=(0.1, 0.2), classes=10)
    assert {f.code: f for f in report.findings}["OPT205"].reliability is None


@pytest.mark.usefixtures("measured")
def test_a_finding_that_is_not_there_claims_nothing():
    """Only what was found is right or wrong."""
    report = judged(linear_loss=(1.5, 1.6), classes=10)
    assert all(f.reliability is None for f in report.findings if f.state != "found")


@pytest.mark.usefixtures("measured")
def test_another_setting_s_figures_are_not_borrowed():
    """With the accuracy logged the same verdict was not measured here."""
    more = {"val_accuracy": np.full(40, 0.5)}
    assert judged(linear_loss=(0.1, 0.2), classes=10, **more).verdict.reliability is None


@pytest.mark.parametrize(
    ("roles", "linear", "setting"),
    [
        ((), None, "log alone"),
        (("lr",), None, "everything logged"),
        ((), 0.1, "with the baselines"),
        (("val_accuracy",), 0.1, "everything"),
    ],
)
def test_the_setting_is_that_of_the_evidence(roles, linear, setting):
    """Each kind of evidence was measured by itself."""
    values = {"train_loss": FALL, "val_loss": FALL, **{role: np.ones(40) for role in roles}}
    facts = Facts(read_arrays(values), References(linear_train=linear))
    assert reliability.setting_of(facts) == setting


def test_before_the_first_measurement_nothing_is_shown(monkeypatch):
    """Nothing measured, nothing shown."""
    monkeypatch.setattr(reliability, "load", dict)
    report = judged(linear_loss=(0.1, 0.2), classes=10)
    assert report.verdict.reliability is None
    assert all(finding.reliability is None for finding in report.findings)
