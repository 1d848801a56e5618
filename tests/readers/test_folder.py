"""Folders: the files of one run are joined on the step, and runs are told apart."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import read, read_runs
from diagnose.readers.folder import listing
from diagnose.readers.folder.find import search
from diagnose.readers.folder.layouts import LAYOUTS

LOGS = Path(__file__).parents[2].parent / "shared/data/logs"
real = pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")


def varint(number: int) -> bytes:
    """Write a number as protocol buffers do."""
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number: int, data: bytes) -> bytes:
    """Write a field of bytes."""
    return bytes([number << 3 | 2]) + varint(len(data)) + data


def events(path: Path, **tags: dict[int, float]) -> None:
    """Write an event file of simple values; `_` in a tag stands for a slash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [struct.pack("<Bd", 0x09, 1.7e9) + field(3, b"brain.Event:2")]
    for tag, values in tags.items():
        for step, value in values.items():
            name = tag.replace("__", "/").encode()
            summary = field(1, field(1, name) + struct.pack("<Bf", 0x15, value))
            records.append(
                struct.pack("<Bd", 0x09, 1.7e9) + b"\x10" + varint(step) + field(5, summary)
            )
    path.write_bytes(
        b"".join(struct.pack("<QI", len(r), 0) + r + struct.pack("<I", 0) for r in records)
    )


def write(path: Path, text: str) -> None:
    """Write a file and the folders around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def falling(steps: range) -> dict[int, float]:
    """Return a loss that falls; its values fit into 32 bits."""
    return {step: 4.0 - step / 1024 for step in steps}


def only(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Read the one run of a folder, and return the points of its roles."""
    run = read(folder)
    return {
        role: list(zip(run.series[role].step, run.series[role].value, strict=True))
        for role in run.columns
    }


def pairs(values: dict[int, float]) -> list[tuple[float, float]]:
    """Return points as they are read."""
    return [(float(step), value) for step, value in values.items()]


def sources(folder: Path) -> list[str]:
    """Return what the runs of a folder are called, from the folder on."""
    return [os.path.relpath(run.source, folder) for run in read_runs(folder)]


# TensorBoard


@pytest.mark.parametrize("val", ["validation", "val", "eval", "test"])
def test_event_files_of_train_and_validation_are_joined(tmp_path, val) -> None:
    """The tag is the same in both; the folder says what it was measured on."""
    train, held_out = falling(range(0, 100, 2)), falling(range(10, 100, 10))
    events(tmp_path / "train/events.out.tfevents.1700000000.host", epoch_loss=train)
    events(tmp_path / val / "events.out.tfevents.1700000009.host", epoch_loss=held_out)
    assert only(tmp_path) == {"train_loss": pairs(train), "val_loss": pairs(held_out)}
    (run,) = read_runs(tmp_path)
    assert run.source == str(tmp_path)
    assert "2 event files were joined on the step" in run.notes


def test_an_evaluation_beside_the_root_is_joined(tmp_path) -> None:
    """TensorFlow's Estimator trains in the folder and evaluates below it."""
    events(tmp_path / "events.out.tfevents.1700000000.host", loss=falling(range(50)))
    events(tmp_path / "eval/events.out.tfevents.1700000050.host", loss=falling(range(9, 50, 10)))
    assert only(tmp_path)["val_loss"] == pairs(falling(range(9, 50, 10)))


def test_the_folders_of_add_scalars_are_parts_of_the_run(tmp_path) -> None:
    """PyTorch's `add_scalars("Loss", {"train": ..., "val": ...})` makes two folders."""
    events(tmp_path / "Loss_train/events.out.tfevents.1700000000.host", Loss=falling(range(30)))
    events(tmp_path / "Loss_val/events.out.tfevents.1700000000.host", Loss=falling(range(20)))
    points = only(tmp_path)
    assert points["train_loss"] == pairs(falling(range(30)))
    assert points["val_loss"] == pairs(falling(range(20)))


def test_a_restart_replaces_what_it_logs_again(tmp_path) -> None:
    """A run that was resumed from a checkpoint goes back a little; the later values count."""
    first, second = falling(range(60)), {step: 2.0 for step in range(50, 120)}
    val = {step: 3.0 for step in range(0, 120, 20)}
    events(tmp_path / "events.out.tfevents.1700000000.host", loss=first)
    events(tmp_path / "events.out.tfevents.1700005000.host", loss=second, val_loss=val)
    points = only(tmp_path)
    assert points["train_loss"] == pairs({**{s: first[s] for s in range(50)}, **second})
    assert points["val_loss"] == pairs(val)
    assert any("10 points that it then logged again" in note for note in read(tmp_path).notes)


def test_event_files_that_begin_alike_are_separate_runs(tmp_path) -> None:
    """Two calls of a trainer in one folder are two runs, each with its own evaluation."""
    for at, level in ((1700000000, 4.0), (1700009000, 8.0)):
        curve = {step: level - step / 64 for step in range(40)}
        events(tmp_path / f"train/events.out.tfevents.{at}.host", loss=curve)
        events(tmp_path / f"val/events.out.tfevents.{at + 60}.host", loss=curve)
    runs = read_runs(tmp_path)
    assert [run.train_loss.value[0] for run in runs] == [4.0, 8.0]
    assert [run.val_loss.value[0] for run in runs] == [4.0, 8.0]
    assert len({run.source for run in runs}) == 2


def test_a_start_that_logged_nothing_is_passed_over(tmp_path) -> None:
    """An event file without scalars lies beside many a run."""
    events(tmp_path / "events.out.tfevents.1700000000.host")
    events(tmp_path / "events.out.tfevents.1700000100.host", loss=falling(range(9)))
    assert only(tmp_path)["train_loss"] == pairs(falling(range(9)))
    (tmp_path / "events.out.tfevents.1700000100.host").unlink()
    with pytest.raises(LogError, match="holds no scalars"):
        read(tmp_path)


def test_counters_of_other_tags_move_nothing(tmp_path) -> None:
    """A loss counted by epochs stays where it is beside a rate counted by steps."""
    epochs = falling(range(8))
    train = {"epoch_loss": epochs, "step_lr": {step: 0.5 for step in range(0, 800, 4)}}
    events(tmp_path / "train/events.out.tfevents.1700000000.host", **train)
    events(tmp_path / "val/events.out.tfevents.1700000001.host", epoch_loss=epochs)
    points = only(tmp_path)
    assert points["train_loss"] == points["val_loss"] == pairs(epochs)


# Other layouts


def timed(path: Path, rows: list[tuple[float, str, int, float]]) -> None:
    """Write an event file of seconds, tags, steps and values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [struct.pack("<Bd", 0x09, 1.7e9) + field(3, b"brain.Event:2")]
    for second, tag, step, value in rows:
        summary = field(1, field(1, tag.encode()) + struct.pack("<Bf", 0x15, value))
        head = struct.pack("<Bd", 0x09, 1.7e9 + second) + b"\x10" + varint(step)
        records.append(head + field(5, summary))
    path.write_bytes(
        b"".join(struct.pack("<QI", len(r), 1) + r + struct.pack("<I", 0) for r in records)
    )


BATCHES = [(float(b), "train/loss", b, 4.0 - b / 1024) for b in range(200)]
EPOCHS = [(20.0 * e + 19.5, "val/loss", e, 4.0 - e / 8) for e in range(10)]


@pytest.mark.parametrize("layout", ["one file", "a file each", "folders"])
def test_a_validation_that_counts_epochs_is_placed_by_its_time(tmp_path, layout) -> None:
    """It stands at the training step that was reached when it was written."""
    name = "events.out.tfevents.1700000000.host"
    if layout == "one file":
        timed(tmp_path / name, sorted(BATCHES + EPOCHS))
    elif layout == "a file each":
        timed(tmp_path / name, BATCHES)
        timed(tmp_path / f"{name}.1", EPOCHS)
    else:
        timed(tmp_path / "train" / name, [(s, "loss", *r) for s, _, *r in BATCHES])
        timed(tmp_path / "val" / name, [(s, "loss", *r) for s, _, *r in EPOCHS])
    (run,) = read_runs(tmp_path)
    assert run.val_loss.step.tolist() == list(range(19, 200, 20))
    assert run.val_loss.value.tolist() == [value for *_, value in EPOCHS]
    assert any("counts epochs" in note for note in run.notes)


def test_a_validation_that_counts_unknown_epochs_takes_no_part(tmp_path) -> None:
    """Evaluated after the training, its times tell no step, and it is not put at the first ones."""
    late = [(1000.0 + s, tag, step, value) for s, tag, step, value in EPOCHS]
    timed(tmp_path / "events.out.tfevents.1700000000.host", BATCHES + late)
    (run,) = read_runs(tmp_path)
    assert run.val_loss is None
    assert any("val/loss: counts to 9 where" in note for note in run.notes)


def state(*steps: int) -> str:
    """Write a state of the Hugging Face Trainer."""
    history = [{"step": step, "epoch": step / 100, "loss": 4.0 - step / 1024} for step in steps]
    return json.dumps({"log_history": history, "global_step": steps[-1]})


def test_the_last_checkpoint_tells_a_hugging_face_run(tmp_path) -> None:
    """`checkpoint-1000` comes after `checkpoint-900`; each holds the history before it."""
    write(tmp_path / "checkpoint-900/trainer_state.json", state(*range(100, 901, 100)))
    write(tmp_path / "checkpoint-1000/trainer_state.json", state(*range(100, 1001, 100)))
    write(tmp_path / "checkpoint-1000/config.json", "{}")
    assert only(tmp_path)["train_loss"] == pairs(falling(range(100, 1001, 100)))
    assert len(read_runs(tmp_path)) == 1


def test_the_longer_of_two_hugging_face_states_counts(tmp_path) -> None:
    """The folder's own state ends the run, unless the checkpoints are of a longer one."""
    write(tmp_path / "trainer_state.json", state(*range(100, 1101, 100)))
    write(tmp_path / "checkpoint-1000/trainer_state.json", state(*range(100, 1001, 100)))
    assert read(tmp_path).n_points == 11
    write(tmp_path / "checkpoint-2000/trainer_state.json", state(*range(100, 2001, 100)))
    assert read(tmp_path).n_points == 20


@pytest.mark.parametrize("odd", ["NaN", "1" + "0" * 400, '"x"', "null", "[1]", "1e999"])
def test_an_odd_count_of_steps_is_the_least(tmp_path, odd) -> None:
    """A state that cannot tell its steps, or is cut off, does not hide the other."""
    write(tmp_path / "trainer_state.json", state(*range(100, 1001, 100)))
    path = tmp_path / "checkpoint-900/trainer_state.json"
    write(path, '{"log_history": [], "global_step": %s}' % odd)  # noqa: UP031
    assert read(tmp_path).n_points == 10
    write(path, '{"log_history": [{"loss"')
    assert read(tmp_path).n_points == 10


def test_lightning_s_versions_are_runs_told_by_their_metrics(tmp_path) -> None:
    """The event file beside them tells the same; from the program's folder, too."""
    for version, rows in ((0, 5), (2, 7), (10, 9)):
        folder = tmp_path / f"lightning_logs/version_{version}"
        lines = "".join(f"{i},,{4 - i / 8}\n{i},{4 - i / 8},\n" for i in range(rows))
        write(folder / "metrics.csv", f"step,val_loss,train_loss\n{lines}")
        events(folder / "events.out.tfevents.1700000000.host", loss=falling(range(3)))
    for start in (tmp_path, tmp_path / "lightning_logs"):
        assert [run.n_points for run in read_runs(start)] == [5, 7, 9]
    assert all("metrics.csv" in run.source for run in read_runs(tmp_path))


def test_the_event_file_tells_what_the_metrics_do_not(tmp_path) -> None:
    """A metrics file with the learning rate alone is passed over."""
    write(tmp_path / "metrics.csv", "step,lr-Adam\n1,0.1\n2,0.1\n")
    events(tmp_path / "events.out.tfevents.1700000000.host", loss=falling(range(6)))
    assert only(tmp_path)["train_loss"] == pairs(falling(range(6)))


def test_dvclive_s_files_are_joined(tmp_path) -> None:
    """The folder of a file says what it was measured on."""
    for split, steps in (("train", range(20)), ("eval", range(4, 20, 5))):
        lines = "".join(f"{s}\t{v}\n" for s, v in falling(steps).items())
        write(tmp_path / f"dvclive/plots/metrics/{split}/loss.tsv", f"step\tloss\n{lines}")
    for start in (tmp_path, tmp_path / "dvclive"):
        points = only(start)
        assert points["train_loss"] == pairs(falling(range(20)))
        assert points["val_loss"] == pairs(falling(range(4, 20, 5)))


def test_allennlp_s_epochs_are_joined(tmp_path) -> None:
    """One file an epoch, in the order of their numbers; the best epoch's values are no points."""
    for epoch in range(12):
        record = {
            "epoch": epoch, "best_epoch": 1, "best_validation_loss": 0.1,
            "training_loss": 4 - epoch, "validation_loss": 5 - epoch,
            "training_accuracy": 0.5, "validation_accuracy": 0.4,
        }  # fmt: skip
        write(tmp_path / f"metrics_epoch_{epoch}.json", json.dumps(record))
    points = only(tmp_path)
    assert points["train_loss"] == [(float(e), 4.0 - e) for e in range(12)]
    assert points["val_loss"] == [(float(e), 5.0 - e) for e in range(12)]


def mlflow(folder: Path, **metrics: dict[int, float]) -> None:
    """Write a run as MLflow's file store does."""
    write(folder / "meta.yaml", "name: run\n")
    for name, values in metrics.items():
        lines = "".join(f"1664364007310 {v!r} {s}\n" for s, v in values.items())
        write(folder / "metrics" / name.replace("__", "/"), lines)


def test_mlflow_s_metrics_are_joined(tmp_path) -> None:
    """From the run, the experiment, the store and the folder around it."""
    run = tmp_path / "mlruns/0/cb009651"
    write(run.parent / "meta.yaml", "name: Default\n")
    mlflow(run, train__loss=falling(range(30)), val__loss=falling(range(5, 30, 5)), f1={0: 0.5})
    mlflow(run.parent / "ff000000", train__loss=falling(range(9)))
    assert only(run) == {
        "train_loss": pairs(falling(range(30))),
        "val_loss": pairs(falling(range(5, 30, 5))),
    }
    for start in (run.parent, run.parent.parent, tmp_path):
        assert [run.n_points for run in read_runs(start)] == [30, 9]


def test_catboost_s_tables_are_joined(tmp_path) -> None:
    """Learn and test are told by their files; the event files beside them tell no more."""
    folder = tmp_path / "catboost_info"
    for name, rows in (("learn", 50), ("test", 50)):
        lines = "".join(f"{s}\t{v}\n" for s, v in falling(range(rows)).items())
        write(folder / f"{name}_error.tsv", f"iter\tLogloss\n{lines}")
        events(folder / name / "events.out.tfevents", Logloss=falling(range(50)))
    for start in (folder, tmp_path):
        assert only(start) == {
            "train_loss": pairs(falling(range(50))), "val_loss": pairs(falling(range(50))),
        }  # fmt: skip


def test_open_mmlab_s_starts_are_runs(tmp_path) -> None:
    """Each start of the program has a folder called after its time."""
    for at, rows in (("20240501_120000", 5), ("20240502_090000", 8)):
        lines = "".join(json.dumps({"loss": 4.0 - s / 8, "step": s}) + "\n" for s in range(rows))
        write(tmp_path / f"work_dirs/faster_rcnn/{at}/vis_data/scalars.json", lines)
        write(tmp_path / f"work_dirs/faster_rcnn/{at}/{at}.log", "config\n")
    assert [run.n_points for run in read_runs(tmp_path / "work_dirs/faster_rcnn")] == [5, 8]
    assert [run.n_points for run in read_runs(tmp_path / "work_dirs")] == [5, 8]


def test_an_ultralytics_run_is_told_by_its_results(tmp_path) -> None:
    """The other files in its folder are no further runs."""
    header = "epoch,train/box_loss,train/cls_loss,val/box_loss,val/cls_loss"
    lines = "".join(f"{e},{1 / e},{2 / e},{1.5 / e},{2.5 / e}\n" for e in range(1, 9))
    write(tmp_path / "results.csv", f"{header}\n{lines}")
    write(tmp_path / "args.yaml", "lr0: 0.01\n")
    write(tmp_path / "train.log", "".join(f"epoch {e} loss: {1 / e}\n" for e in range(1, 9)))
    (run,) = read_runs(tmp_path)
    assert run.source == str(tmp_path / "results.csv")
    assert run.train_loss.value[0] == 3.0


def test_a_summary_beside_runs_is_none(tmp_path) -> None:
    """A table of runs lies beside the logs that it sums up."""
    write(tmp_path / "results.csv", "run_name,loss\na,1\nb,2\nc,3\n")
    for name in "abc":
        write(tmp_path / f"{name}.csv", "epoch,loss\n1,3\n2,2\n3,1\n")
    assert sources(tmp_path) == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (("train_loss.csv", "validation_loss.csv"), "step,loss"),
        (("train_loss.csv", "val_loss.csv"), "epoch,value"),
        (("train_log.tsv", "test_log.tsv"), "epoch\tloss"),
        (("loss.csv", "val_loss.csv"), "step,loss"),
        (("run-train-tag-epoch_loss.csv", "run-validation-tag-epoch_loss.csv"), "step,value"),
    ],
)
def test_a_pair_of_files_is_one_run(tmp_path, names, columns) -> None:
    """Files that differ only in the part of the data are joined, each on its own steps."""
    curves = [falling(range(1, 40)), falling(range(5, 40, 5))]
    for name, curve in zip(names, curves, strict=True):
        mark = "\t" if "\t" in columns else ","
        lines = "".join(f"{s}{mark}{v}\n" for s, v in curve.items())
        write(tmp_path / name, f"{columns}\n{lines}")
    assert only(tmp_path) == {"train_loss": pairs(curves[0]), "val_loss": pairs(curves[1])}


def test_a_test_curve_is_no_run_beside_its_pair(tmp_path) -> None:
    """Of the curves that were held out the validation set's is the one to judge."""
    for name, level in (("train", 1.0), ("test", 3.0), ("valid", 2.0)):
        lines = "".join(f"{e},{level + 1 / e}\n" for e in range(1, 9))
        write(tmp_path / f"{name}_loss.csv", f"epoch,loss\n{lines}")
    (run,) = read_runs(tmp_path)
    assert (run.train_loss.value[0], run.val_loss.value[0]) == (2.0, 3.0)


def test_a_log_that_tells_both_is_no_half_of_a_pair(tmp_path) -> None:
    """`train.csv` with a validation loss of its own is a run, beside the table `test.csv`."""
    write(tmp_path / "train.csv", "epoch,loss,val_loss\n1,3,4\n2,2,3\n3,1,2\n")
    write(tmp_path / "test.csv", "epoch,loss\n1,9\n2,8\n3,7\n")
    (run,) = read_runs(tmp_path)
    assert run.val_loss.value.tolist() == [4, 3, 2]


def test_a_wandb_run_falls_back_on_what_it_printed(tmp_path) -> None:
    """The records come first; where they hold no history, the printed log tells the curve."""
    folder = tmp_path / "wandb/run-20240501_120000-ab12cd34"
    write(folder / "files/output.log", "".join(f"epoch {e}: loss: {4 / e}\n" for e in range(1, 9)))
    (folder / "run-ab12cd34.wandb").write_bytes(b":W&B\xe1\xbe\0")
    os.symlink(folder, tmp_path / "wandb/latest-run")
    for start in (folder, tmp_path / "wandb", tmp_path):
        (run,) = read_runs(start)
        assert run.n_points == 8


# What was seen is read or told

CURVE = "epoch,loss,val_loss\n1,3,4\n2,2,3\n3,1,2\n"
PRINTED = "".join(f"epoch {e} loss: {4 / e}\n" for e in range(1, 9))
STATE = state(*range(100, 901, 100))


def told(folder: Path) -> str:
    """Return all notes of a folder's runs."""
    return "\n".join(note for run in read_runs(folder) for note in run.notes)


def test_a_damaged_state_hides_no_other_log(tmp_path) -> None:
    """The other logs of the folder are read, and the damage is told."""
    write(tmp_path / "trainer_state.json", STATE[:5])
    for name in ("lr0.1.csv", "lr0.2.csv"):
        write(tmp_path / name, CURVE)
    write(tmp_path / "train.log", PRINTED)
    assert sorted(sources(tmp_path)) == ["lr0.1.csv", "lr0.2.csv", "train.log"]
    assert "trainer_state.json:1: the JSON is cut off here" in told(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "other"),
    [
        ("trainer_state.json", STATE, "lr0.1.csv"),
        ("dvclive/plots/metrics/train/loss.tsv", "step\tloss\n1\t2\n2\t1\n", "dvclive/lr.csv"),
        ("learn_error.tsv", "iter\tLogloss\n0\t3\n1\t2\n", "lr0.1.csv"),
        ("20240501_120000/vis_data/scalars.json", CURVE, "20240501_120000/lr.csv"),
    ],
)
def test_a_table_beside_a_framework_s_run_is_a_run(tmp_path, name, content, other) -> None:
    """One row stands for one run, whatever the layout of the first."""
    write(tmp_path / name, content)
    write(tmp_path / other, CURVE)
    assert other in sources(tmp_path)
    assert len(read_runs(tmp_path)) == 2


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (("metrics.csv", "one.log", "two.log"), ("one.log", "two.log")),
        (("trainer_state.json", "train.log", "trainer_log.jsonl"), ("train.log", "trainer_log")),
        (("history.csv", "history.json"), ("history.json",)),
        (("train_loss.csv", "val_loss.csv", "test_loss.csv"), ("test_loss.csv",)),
    ],
)
def test_further_records_of_a_run_are_named(tmp_path, names, left) -> None:
    """A file that was taken for the same run's stands in the notes."""
    bodies = {".csv": "epoch,loss\n1,3\n2,2\n", ".log": PRINTED, ".json": STATE}
    for name in names:
        write(tmp_path / name, bodies.get(Path(name).suffix, '{"loss": 1}\n{"loss": 2}\n'))
    assert len(read_runs(tmp_path)) == 1
    for name in left:
        assert name in told(tmp_path)


def test_a_damaged_part_of_a_run_is_told(tmp_path) -> None:
    """What the other parts tell is read, and what is missing is named."""
    for name, run in (("dvclive", "plots/metrics"), ("mlruns/0/ab", "metrics")):
        write(tmp_path / name / run / "train/loss.tsv", "")
        write(tmp_path / name / run / "val/loss.tsv", "step\tloss\n1\t2\n2\t1\n")
    write(tmp_path / "mlruns/0/ab/meta.yaml", "")
    write(tmp_path / "mlruns/0/ab/metrics/val/loss.tsv", "1600000000 2 1\n1600000001 1 2\n")
    write(tmp_path / "catboost_info/learn_error.tsv", "iter\tLogloss\n0\t3\n1\t2\n")
    write(tmp_path / "catboost_info/test_error.tsv", "")
    events(tmp_path / "tb/events.out.tfevents.1.host", loss={1: 2.0, 2: 1.0})
    (tmp_path / "tb/events.out.tfevents.2.host").write_bytes(b"")
    for folder in ("dvclive", "mlruns/0/ab", "catboost_info", "tb"):
        assert "left out: " in told(tmp_path / folder), folder
        assert "the file is empty" in told(tmp_path / folder), folder


def test_a_damaged_log_of_a_folder_is_told_in_the_others_notes(tmp_path) -> None:
    """Who reads a folder from Python learns what was not read."""
    write(tmp_path / "a.csv", CURVE)
    write(tmp_path / "b.json", '{"loss": [1')
    assert "b.json:1: the JSON is cut off here" in told(tmp_path)


def test_folders_that_were_not_looked_into_are_known(tmp_path) -> None:
    """Beyond two levels a search goes only if it is recursive, or along a run."""
    write(tmp_path / "a/run.csv", CURVE)
    write(tmp_path / "b/c/d/run.csv", CURVE)
    assert search(str(tmp_path)).deeper == [str(tmp_path / "b/c")]
    assert search(str(tmp_path), recursive=True).deeper == []


# Walking


def test_links_that_lead_in_circles_end(tmp_path) -> None:
    """Every folder is looked at once, whatever paths lead to it."""
    write(tmp_path / "a/b/log.csv", "epoch,loss\n1,3\n2,2\n3,1\n")
    os.symlink(tmp_path, tmp_path / "a/b/again")
    os.symlink(tmp_path / "a", tmp_path / "other")
    os.symlink("self", tmp_path / "self")
    os.symlink("nowhere", tmp_path / "broken.csv")
    found = search(str(tmp_path), recursive=True).found
    assert [os.path.relpath(run.path, tmp_path) for run in found] == ["a/b/log.csv"]


def test_a_folder_that_cannot_be_read_is_told_and_skipped(tmp_path, monkeypatch) -> None:
    """The search goes on; the folder that was named itself is an error."""
    write(tmp_path / "open/log.csv", "epoch,loss\n1,3\n2,2\n3,1\n")
    (tmp_path / "secret").mkdir()
    real_scandir = os.scandir

    def deny(path: str) -> object:
        if "secret" in str(path):
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr(listing.os, "scandir", deny)
    result = search(str(tmp_path))
    assert len(result.found) == 1
    assert [str(error) for error in result.errors] == [
        f"{tmp_path / 'secret'}: no permission to read it."
    ]
    with pytest.raises(LogError, match="no permission"):
        search(str(tmp_path / "secret"))


def test_runs_below_a_run_are_runs(tmp_path) -> None:
    """A log at the top hides no run beside it; further records of the same run are none."""
    log = "epoch,loss\n1,3\n2,2\n3,1\n"
    for name in ("metrics.csv", "version_1/metrics.csv", "plots/losses.csv"):
        write(tmp_path / name, log)
    events(tmp_path / "tensorboard/events.out.tfevents.1700000000.host", loss=falling(range(9)))
    assert sources(tmp_path) == ["metrics.csv", "version_1/metrics.csv"]


def test_several_runs_are_not_one(tmp_path) -> None:
    """`read` wants one run, and names those that it found."""
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, "epoch,loss\n1,3\n2,2\n3,1\n")
    with pytest.raises(LogError, match=r"holds 2 runs \(.*a\.csv, .*b\.csv"):
        read(tmp_path)


def test_depth_is_bounded(tmp_path) -> None:
    """A folder within a folder within a folder ends, with all of its levels."""
    deep = tmp_path
    for _ in range(90):
        deep /= "x"
    deep.mkdir(parents=True)
    write(deep / "log.csv", "epoch,loss\n1,3\n2,2\n")
    assert search(str(tmp_path), recursive=True).found == []


def test_hidden_folders_and_other_files_are_passed_over(tmp_path) -> None:
    """Neither an environment's packages nor a README with a table is a run."""
    log = "epoch,loss\n1,3\n2,2\n3,1\n"
    for name in (".git/log.csv", "venv/log.csv", "README.md", "config.json", "model.bin"):
        write(tmp_path / name, log)
    write(tmp_path / "run.csv", log)
    assert sources(tmp_path) == ["run.csv"]


def test_of_two_files_of_one_name_the_table_is_read(tmp_path) -> None:
    """What a program printed beside its table tells the same run."""
    write(tmp_path / "run_1.csv", "epoch,loss\n1,3\n2,2\n3,1\n")
    write(tmp_path / "run_1.log", "".join(f"epoch {e} loss: {9 - e}\n" for e in range(5)))
    write(tmp_path / "run_2.log", "".join(f"epoch {e} loss: {9 - e}\n" for e in range(5)))
    assert sources(tmp_path) == ["run_1.csv", "run_2.log"]


@settings(max_examples=30)
@given(st.sampled_from(["loss.tsv", "l2.train", "0.json"]), st.binary(max_size=200))
def test_only_log_errors_leave_a_folder(tmp_path_factory, name, content) -> None:
    """Whatever bytes the files of a layout hold, nothing but a LogError comes of them."""
    folder = tmp_path_factory.mktemp("run")
    places = {
        "loss.tsv": "plots/metrics/train/loss.tsv",
        "l2.train": "metrics/l2.train",
        "0.json": "metrics_epoch_0.json",
    }
    write(folder / "meta.yaml", "")
    path = folder / places[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with contextlib.suppress(LogError):
        read_runs(folder)
    shutil.rmtree(folder)


def test_layouts_are_named_apart() -> None:
    """Each layout has a name, a title and an example."""
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)
    assert all(layout.title and layout.example for layout in LAYOUTS)


# Real logs


@real
def test_real_event_files_are_joined_as_they_are(tmp_path) -> None:
    """Every point of both files stands at its own step."""
    from diagnose.readers.source import Source  # noqa: PLC0415
    from diagnose.readers.tensorboard import read_scalars  # noqa: PLC0415

    for split in ("train", "validation"):
        (path,) = LOGS.glob(f"tfevents/PatrickKinz__DeepLearning__{split}_*")
        target = tmp_path / split / path.name.partition(f"{split}_")[2]
        target.parent.mkdir()
        shutil.copy(path, target)
    run = read(tmp_path)
    for split, role in (("train", "train_loss"), ("validation", "val_loss")):
        (path,) = (tmp_path / split).iterdir()
        expected = [(s, v) for s, tag, v in read_scalars(Source(path), []) if tag == "epoch_loss"]
        series = run.series[role]
        assert list(zip(series.step, series.value, strict=True)) == expected


@real
def test_a_real_mlflow_run_is_joined(tmp_path) -> None:
    """LightGBM's mean squared errors of a run, as an independent parse gives them."""
    expected = {}
    for role, name in (("train_loss", "l2.train"), ("val_loss", "l2.valid")):
        (path,) = LOGS.glob(f"mlflow_metric/*{name}")
        write(tmp_path / "metrics" / name, path.read_text())
        expected[role] = np.loadtxt(path)
    write(tmp_path / "meta.yaml", "")
    run = read(tmp_path)
    for role, rows in expected.items():
        np.testing.assert_array_equal(run.series[role].step, rows[:, 2])
        np.testing.assert_array_equal(run.series[role].value, rows[:, 1])
