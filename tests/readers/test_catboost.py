"""CatBoost: errors of the learning and the test set, as a document and as two tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diagnose.errors import LogError
from diagnose.readers import read

LOGS = Path(__file__).parents[2].parent / "shared/data/logs/catboost_info"
LEARN, TEST = [0.69, 0.60, 0.55], [0.70, 0.65, 0.66]


def document(metric: str = "Logloss", **more: object) -> str:
    """Write a document as CatBoost does."""
    rows = [
        {"learn": [t], "iteration": i, "test": [v]}
        for i, (t, v) in enumerate(zip(LEARN, TEST, strict=True))
    ]
    named = [{"best_value": "Min", "name": metric}]
    meta = {"test_sets": ["test"], "test_metrics": named, "learn_metrics": named}
    return json.dumps({"meta": meta, "iterations": rows, **more})


@pytest.mark.parametrize("metric", ["Logloss", "RMSE", "MultiClass", "Quantile:alpha=0.9"])
def test_the_document_tells_both_curves(read_log, points, metric) -> None:
    """Every iteration of both sets, whatever objective was minimized."""
    run = read_log(document(metric), "catboost_training.json")
    assert run.step_unit == "iteration"
    assert points(run, "train_loss") == list(enumerate(LEARN))
    assert points(run, "val_loss") == list(enumerate(TEST))


def test_a_second_metric_is_no_loss(read_log) -> None:
    """An AUC beside the loss takes no part."""
    rows = [{"learn": [t], "iteration": i, "test": [t, 0.8]} for i, t in enumerate(LEARN)]
    named = [{"name": "Logloss"}, {"name": "AUC"}]
    meta = {"learn_metrics": named[:1], "test_metrics": named}
    run = read_log(json.dumps({"meta": meta, "iterations": rows}))
    assert run.columns["val_loss"] == ("test/Logloss",)


@pytest.mark.parametrize(("name", "role"), [("learn", "train_loss"), ("test", "val_loss")])
def test_a_table_s_name_tells_its_set(read_log, points, name, role) -> None:
    """The two tables look alike; the file's name says which is which."""
    table = "iter\tMultiClass\n" + "".join(f"{i}\t{t}\n" for i, t in enumerate(LEARN))
    run = read_log(table, f"{name}_error.tsv")
    assert points(run, role) == list(enumerate(LEARN))
    assert set(run.columns) == {role}


@pytest.mark.parametrize(
    "content",
    [
        '{"meta": {"learn_metrics": []}, "iterations": []}',
        '{"meta": {"learn_metrics": 3}, "iterations": [1, {"learn": "x"}]}',
        '{"meta": {"learn_metrics": [{"name": "Logloss"}]}}',
        '{"meta": {"learn_metrics": [{"name": "Logloss"}]}, "iterations": [{"learn": [0.6',
    ],
)
def test_what_tells_no_error_is_refused(read_log, content) -> None:
    """Nothing but a LogError comes of a document that is empty, odd or cut off."""
    with pytest.raises(LogError):
        read_log(content)


@pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")
def test_the_real_document_agrees_with_the_tables() -> None:
    """The same run, told in two ways, gives the same curves."""
    (path,) = LOGS.glob("*catboost_training.json")
    run = read(path)
    for role, name in (("train_loss", "learn"), ("val_loss", "test")):
        text = path.with_name(path.name.replace("catboost_training.json", f"{name}_error.tsv"))
        rows = [line.split("\t") for line in text.read_text().splitlines()[1:]]
        series = run.series[role]
        assert series.step.tolist() == [float(i) for i, _ in rows]
        assert series.value.tolist() == [float(v) for _, v in rows]
