"""Long tables: what a number is of stands in a cell, and comes out as if it had a column."""

from __future__ import annotations

import itertools

import pytest

from diagnose.errors import LogError
from diagnose.readers import read_runs
from diagnose.readers.table import Choice
from diagnose.run import Run

STEPS = range(10, 90, 10)
TRAIN = [(float(s), round(20 / s, 4)) for s in STEPS]
VAL = [(float(s), round(25 / s, 4)) for s in STEPS][1::2]
BY_STEP = sorted(
    [(s, "train/loss", v) for s, v in TRAIN] + [(s, "val/loss", v) for s, v in VAL],
    key=lambda row: row[0],
)
BY_METRIC = sorted(BY_STEP, key=lambda row: row[1])


def runs_of(tmp_path, text: str, **named: str) -> dict[str, Run]:
    """Read a table's runs by what stands behind the file's name."""
    path = tmp_path / "log.csv"
    path.write_text(text)
    found = read_runs(path, Choice(**named))
    return {run.source.removeprefix(str(path)).strip("[]"): run for run in found}


def curve(run: Run, role: str) -> list[tuple[float, float]]:
    """Return a series as pairs of step and value."""
    series = run.series[role]
    return list(zip(series.step.tolist(), series.value.tolist(), strict=True))


@pytest.mark.parametrize("rows", [BY_STEP, BY_METRIC], ids=["by step", "by metric"])
@pytest.mark.parametrize(
    "header",
    [
        "step,metric,value",
        "key,value,step",
        "epoch,variable,value",
        "tag,step,value",
        "name,step,value",
    ],
)
def test_quantities_in_a_column_become_columns(tmp_path, rows, header) -> None:
    """Whatever the order of rows and columns, each quantity keeps its own steps."""
    names = header.split(",")
    lines = []
    for step, metric, value in rows:
        cells = {n: str(step) for n in ("step", "epoch")} | {"value": str(value)}
        lines.append(",".join(cells.get(name, metric) for name in names))
    (run,) = runs_of(tmp_path, "\n".join([header, *lines, ""])).values()
    assert curve(run, "train_loss") == TRAIN
    assert curve(run, "val_loss") == VAL
    assert run.step_unit == ("epoch" if "epoch" in names else "step")
    assert any("its quantities stand in column" in note for note in run.notes)


def test_runs_and_quantities_in_columns(tmp_path) -> None:
    """`run,step,key,value`: each run is one, and none takes another's points."""
    rows = [f"{r},{s},{m},{v + k}" for k, r in enumerate("ab") for s, m, v in BY_METRIC]
    runs = runs_of(tmp_path, "\n".join(["run,step,key,value", *rows, ""]))
    assert list(runs) == ["a", "b"]
    for k, run in enumerate(runs.values()):
        assert curve(run, "train_loss") == [(s, v + k) for s, v in TRAIN]
        assert curve(run, "val_loss") == [(s, v + k) for s, v in VAL]


@pytest.mark.parametrize(
    ("key", "values", "names"),
    [
        ("fold", "01", ["fold 0", "fold 1"]),
        ("seed", ["1", "42"], ["seed 1", "seed 42"]),
        ("run_name", ["calm-river-1", "other"], ["calm-river-1", "other"]),
        ("model", "ab", ["a", "b"]),
    ],
)
@pytest.mark.parametrize("order", ["after one another", "side by side"])
def test_runs_in_a_column(tmp_path, key, values, names, order) -> None:
    """Folds, seeds and names tell runs apart, also where their rows alternate."""
    points = list(itertools.product(enumerate(values), TRAIN))
    if order == "side by side":
        points.sort(key=lambda point: point[1][0])
    rows = [f"{value},{step},{loss + k},{loss + k + 1}" for (k, value), (step, loss) in points]
    runs = runs_of(tmp_path, "\n".join([f"{key},step,loss,val_loss", *rows, ""]))
    assert list(runs) == names
    for k, run in enumerate(runs.values()):
        assert curve(run, "train_loss") == [(s, v + k) for s, v in TRAIN]
        assert curve(run, "val_loss") == [(s, v + k + 1) for s, v in TRAIN]
        assert f"2 runs were told apart by column {key!r}" in run.notes


def test_tensorboard_s_folders_are_parts_of_their_run(tmp_path) -> None:
    """`lr0.1/train` and `lr0.1/validation` are the two curves of one run."""
    rows = [
        f"lr{lr}/{part},epoch_loss,{s},{v + lr}"
        for lr in (0.1, 0.2)
        for part, points in (("train", TRAIN), ("validation", VAL))
        for s, v in points
    ]
    runs = runs_of(tmp_path, "\n".join(["run,tag,step,value", *rows, ""]))
    assert list(runs) == ["lr0.1", "lr0.2"]
    assert curve(runs["lr0.2"], "train_loss") == [(s, v + 0.2) for s, v in TRAIN]
    assert curve(runs["lr0.2"], "val_loss") == [(s, v + 0.2) for s, v in VAL]


def test_phases_that_count_on_are_one_run(tmp_path) -> None:
    """A model's name that changes while the steps go on tells no other run."""
    rows = [f"{'small' if s < 50 else 'large'},{s},{v}" for s, v in TRAIN]
    (run,) = runs_of(tmp_path, "\n".join(["model,step,loss", *rows, ""])).values()
    assert curve(run, "train_loss") == TRAIN


def test_an_identity_of_rows_is_no_run(tmp_path) -> None:
    """`id` and `seed` that change with every step name no runs."""
    rows = [f"{i},{i * 7},{s},{v}" for i, (s, v) in enumerate(TRAIN)]
    (run,) = runs_of(tmp_path, "\n".join(["id,seed,step,loss", *rows, ""])).values()
    assert curve(run, "train_loss") == TRAIN


def test_mlflow_s_mark_of_a_nan(tmp_path) -> None:
    """MLflow's table of metrics stores a NaN as 0 beside `is_nan`."""
    rows = [f"loss,{v},17{s},{s},{int(s == 30)},ab" for s, v in TRAIN]
    (run,) = runs_of(
        tmp_path, "\n".join(["key,value,timestamp,step,is_nan,run_uuid", *rows, ""])
    ).values()
    values = run.train_loss.value
    assert [s for s, v in curve(run, "train_loss") if v != v] == [30]
    assert len(values) == len(TRAIN)


@pytest.mark.parametrize(
    "text",
    [
        "run_name,loss\na,1\nb,2\nc,3\n",
        "trial,loss\n0,1\n1,2\n2,3\n",
        "run,metric,value\na,loss,1\nb,loss,2\nc,loss,3\n",
    ],
)
def test_a_table_of_runs_is_refused(tmp_path, text) -> None:
    """One value for each run is no curve."""
    with pytest.raises(LogError, match=r"log\.csv: .*is a table of runs, one a row"):
        runs_of(tmp_path, text)


def test_a_restart_in_a_long_table(tmp_path) -> None:
    """Steps that are logged again replace what was logged before."""
    rows = [f"{s},loss,{v}" for s, v in TRAIN] + ["60,loss,0.5", "70,loss,0.4"]
    (run,) = runs_of(tmp_path, "\n".join(["step,metric,value", *rows, ""])).values()
    assert curve(run, "train_loss") == [*TRAIN[:5], (60, 0.5), (70, 0.4)]
    assert any("resumed" in note for note in run.notes)


def test_a_named_column_of_a_table_of_runs(tmp_path) -> None:
    """Who names the loss of a wide table reads it as it stands."""
    text = "model,step,f1\n" + "".join(f"a,{s},{v}\n" for s, v in TRAIN)
    (run,) = runs_of(tmp_path, text, train_loss="f1").values()
    assert curve(run, "train_loss") == TRAIN
