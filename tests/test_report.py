"""The report as data: the contract for programs."""

from __future__ import annotations

import json

import numpy as np

import diagnose
from diagnose.render.json import to_json

FALL = np.linspace(2.0, 0.05, 50)
RISE = np.concatenate([np.linspace(2, 1, 15), np.linspace(1, 1.8, 35)])


def test_the_keys_are_those_of_the_contract():
    """Keys only ever get added within schema 1."""
    report = diagnose.diagnose(train_loss=FALL, val_loss=RISE).to_dict()
    assert list(report) == ["schema", "source", "run", "verdict", "findings", "advice", "avoid"]
    assert report["schema"] == 1
    assert list(report["verdict"]) == [
        "problem", "cause", "also", "because", "summary", "settle_with", "best_step", "reliability",
    ]  # fmt: skip
    assert list(report["findings"][0]) == [
        "code", "name", "state", "severity", "reason", "steps", "evidence", "message",
        "reliability",
    ]  # fmt: skip
    assert list(report["findings"][0]["evidence"][0] if report["findings"][0]["evidence"] else
                report["findings"][1]["evidence"][0]) == [
        "name", "value", "unit", "threshold", "step",
    ]  # fmt: skip
    assert list(report["advice"][0]) == [
        "technique", "step", "benefit", "why", "cost", "code", "finding", "measured",
    ]  # fmt: skip
    assert list(report["avoid"][0]) == ["technique", "why"]


def test_a_verdict_that_is_open_says_what_would_settle_it_in_data():
    """Measurement, how to get it, and the command."""
    flat = np.concatenate([FALL, np.full(50, 0.05)])
    settle = diagnose.diagnose(train_loss=flat).to_dict()["verdict"]["settle_with"]
    assert list(settle) == ["measurement", "how", "command"]


def test_several_reports_are_a_list():
    """One report is an object; several are under "reports"."""
    report = diagnose.diagnose(train_loss=FALL)
    assert json.loads(to_json([report]))["source"] == "<arrays>"
    both = json.loads(to_json([report, report]))
    assert list(both) == ["schema", "reports"]
    assert len(both["reports"]) == 2
    assert json.loads(to_json([report], several=True))["reports"][0]["source"] == "<arrays>"


def test_a_notebook_shows_escaped_text():
    """Names from a log are data, also in HTML."""
    run = diagnose.Run(
        "<script>x</script>.csv",
        "CSV",
        "epoch",
        {"train_loss": diagnose.Series("<b>", np.arange(1.0, 51.0), FALL)},
    )
    page = diagnose.diagnose(run)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_prompt_shows_one_line():
    """The bare report in a Python prompt is short; `print` shows it all."""
    report = diagnose.diagnose(train_loss=FALL, val_loss=RISE)
    assert repr(report) == "<Report on <arrays>: overfitting>"
    assert str(report).startswith("<arrays>: arrays, 50 points")


def test_the_public_names():
    """What `diagnose` offers is pinned, and each name is there."""
    assert diagnose.__all__ == [
        "DataError", "DiagnoseError", "LogError", "MissingExtra", "Report", "Run", "Series",
        "UnknownName", "diagnose", "read", "read_runs",
    ]  # fmt: skip
    assert all(getattr(diagnose, name) is not None for name in diagnose.__all__)
    assert set(diagnose.__all__) <= set(dir(diagnose))
