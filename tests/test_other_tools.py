"""The benchmark asks other tools fairly: the logs they get, and how their words are read."""

from __future__ import annotations

import csv
import json
import math
import subprocess

import pytest

from benchmarks import other_tools

LOG = {
    "step_unit": "step",
    "steps": [1.0, 2.0, 3.0, 4.0],
    "train_loss": [1.0, 0.8, 0.6, 0.5],
    "lr": [0.1, 0.1, 0.1, 0.01],
    "val_steps": [2.0, 4.0],
    "val_loss": [0.9, None],
    "val_accuracy": [0.5, 0.75],
}


def test_a_log_is_written_with_all_that_was_logged(tmp_path):
    """Each row has what its step has; an empty cell is not logged, and nan is not finite."""
    other_tools.write([{"log": LOG}], tmp_path)
    with (tmp_path / "000000" / "log.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [row["step"] for row in table] == ["1.0", "2.0", "3.0", "4.0"]
    assert [row["train_loss"] for row in table] == ["1.0", "0.8", "0.6", "0.5"]
    assert [row["val_loss"] for row in table] == ["", "0.9", "", "nan"]
    assert [row["lr"] for row in table] == ["0.1", "0.1", "0.1", "0.01"]


def test_a_tool_of_epochs_gets_a_row_for_each_evaluation(tmp_path):
    """The training loss is the mean since the last evaluation, under the names it reads."""
    other_tools.write([{"log": LOG}], tmp_path)
    with (tmp_path / "000000" / "history.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [float(row["epoch"]) for row in table] == [1, 2]
    assert [float(row["train_loss"]) for row in table] == pytest.approx([0.9, 0.55])
    assert [float(row["val_acc"]) for row in table] == [0.5, 0.75]
    assert [math.isnan(float(row["val_loss"])) for row in table] == [False, True]
    assert json.loads((tmp_path / "000000" / "meta.json").read_text()) == {"run_id": "000000"}


@pytest.mark.parametrize(
    ("train", "val", "rises", "gap"),
    [
        ([1.0, 0.50], [1.0, 0.54], "healthy", "healthy"),
        ([1.0, 0.50], [1.0, 0.56], "healthy", "overfitting"),
        ([1.0, 0.98], [1.00, 1.04], "healthy", "healthy"),
        ([1.0, 0.98], [1.00, 1.06], "overfitting", "healthy"),
        ([1.0, 0.50], [1.0, None], "overfitting", "overfitting"),
        ([1.0, None], [None, None], "undetermined", "undetermined"),
    ],
)
def test_one_line_rules_say_what_their_names_say(train, val, rises, gap):
    """Five per cent above the minimum, ten above the training loss; worked out by hand."""
    log = {"train_loss": train, "val_loss": val}
    assert other_tools.rises(log) == rises
    assert other_tools.gap(log) == gap


def test_the_most_severe_word_that_is_known_counts():
    """A word of speed says nothing; with no word left a tool has found nothing wrong."""
    assert other_tools.meaning("trainproof", ["TP-STEP-CLIFF", "TP-OVERFIT"]) == "overfitting"
    assert other_tools.meaning("trainproof", ["TP-DIVERGE", "TP-OVERFIT"]) == "underfitting"
    assert other_tools.meaning("runmedic", ["memory_growth"]) == "healthy"


def test_each_meaning_is_an_answer_and_has_its_reason():
    """Every tool has a table, and every word of it an answer and a sentence."""
    assert set(other_tools.MEANINGS) == set(other_tools.TOOLS)
    for table in other_tools.MEANINGS.values():
        for answer, why in table.values():
            assert answer in ("underfitting", "overfitting", "healthy", "undetermined")
            assert why.endswith(".")


def test_a_tool_that_fails_is_undetermined_and_told(monkeypatch, tmp_path, capsys):
    """One cannot be installed, one fails on a log, one answers; what it said is kept."""
    monkeypatch.setattr(other_tools, "HOME", tmp_path)
    asked = []

    def ask(name, records):
        asked.append(name)
        if name == "trainproof":
            raise subprocess.CalledProcessError(1, "pip")
        if name == "runmedic":
            return [["overfitting"], {"error": "ValueError: no"}]
        return [["healthy"]] * len(records)

    monkeypatch.setattr(other_tools, "_ask", ask)
    records = [{"log": LOG}, {"log": {**LOG, "lr": [0.2] * 4}}]
    said = other_tools.ask_all(records)
    assert said["trainproof"] == ["undetermined"] * 2
    assert said["runmedic"] == ["overfitting", "undetermined"]
    assert said["ml-train-diag"] == ["healthy"] * 2
    assert said["always overfitting"] == ["overfitting"] * 2
    told = capsys.readouterr().err
    assert "trainproof did not run" in told
    assert "runmedic failed on 1 logs, first: ValueError: no" in told
    asked.clear()
    assert other_tools.ask_all(records) == said
    assert asked == ["trainproof"]
    other_tools.ask_all(records[:1])
    assert asked.count("runmedic") == 1
