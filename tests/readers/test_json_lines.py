"""JSON lines: one object a log event."""

from __future__ import annotations

import json
import math

import pytest

from diagnose.errors import LogError
from diagnose.readers import json_lines, rows


def lines(*records: dict[str, object]) -> str:
    """Write records as JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def test_llama_factory(read_log, points) -> None:
    """LLaMA-Factory's rows with and without an evaluation keep their steps."""
    text = lines(
        {"current_steps": 10, "total_steps": 40, "loss": 0.9, "lr": 1e-4, "epoch": 0.1},
        {"current_steps": 20, "total_steps": 40, "loss": 0.8, "lr": 1e-4, "epoch": 0.2},
        {"current_steps": 20, "total_steps": 40, "eval_loss": 0.85, "epoch": 0.2},
        {"current_steps": 30, "total_steps": 40, "loss": 0.7, "lr": 5e-5, "epoch": 0.3},
    )
    run = read_log(text, "trainer_log.jsonl")
    assert points(run, "train_loss") == [(10, 0.9), (20, 0.8), (30, 0.7)]
    assert points(run, "val_loss") == [(20, 0.85)]
    assert points(run, "lr") == [(10, 1e-4), (20, 1e-4), (30, 5e-5)]


def test_summary_row_of_the_trainer(read_log, points) -> None:
    """The mean loss in the row that sums up a run is not its training curve."""
    text = lines(
        {"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.8}, {"step": 3, "loss": 0.7},
        {"step": 3, "train_loss": 0.8, "train_runtime": 12.0},
    )  # fmt: skip
    assert points(read_log(text, "log.jsonl"), "train_loss") == [(1, 0.9), (2, 0.8), (3, 0.7)]


def test_detr(read_log) -> None:
    """Of DETR's many losses the total is used, and the test loss is the validation loss."""
    text = lines(
        *(
            {"train_lr": 1e-4, "train_loss": 9.0 - e, "train_loss_ce": 1.0, "train_loss_bbox_0": 2,
             "train_loss_ce_unscaled": 1.0, "test_loss": 9.5 - e, "test_loss_ce": 1.0, "epoch": e}
            for e in range(3)
        )
    )  # fmt: skip
    run = read_log(text, "log.txt")
    assert run.columns["train_loss"] == ("train_loss",)
    assert run.columns["val_loss"] == ("test_loss",)
    assert run.val_loss.value.tolist() == [9.5, 8.5, 7.5]


def test_mmcv_counts_within_the_epoch(read_log, points) -> None:
    """Iterations that start again in each epoch are numbered through."""
    rows: list[dict[str, object]] = [{"env_info": "x", "config": "a = 1"}]
    for epoch in (1, 2):
        rows += [
            {"mode": "train", "epoch": epoch, "iter": i, "loss": 10.0 - epoch - i / 100}
            for i in (50, 100, 150)
        ]
        rows.append({"mode": "val", "epoch": epoch, "iter": 7, "accuracy_top-1": 40.0 + epoch})
    run = read_log(lines(*rows), "None.log.json")
    assert run.train_loss.step.tolist() == [50, 100, 150, 200, 250, 300]
    assert points(run, "val_accuracy" if run.get("val_accuracy") else "val_accuracy_top-1") == [
        (150, 41.0 / 100 if run.get("val_accuracy") else 41.0),
        (300, 42.0 / 100 if run.get("val_accuracy") else 42.0),
    ]


def test_mmengine_evaluation_rows(read_log, points) -> None:
    """An evaluation whose `step` is the epoch is placed at the training step before it."""
    rows: list[dict[str, object]] = []
    for epoch in (1, 2, 3):
        rows += [{"loss": 9.0 - s / 100, "step": s} for s in (100 * epoch - 50, 100 * epoch)]
        rows.append({"accuracy/top1": 50.0 + epoch, "step": epoch})
    run = read_log(lines(*rows), "scalars.json")
    assert run.train_loss.step.tolist() == [50, 100, 150, 200, 250, 300]
    assert points(run, "val_accuracy") == [(100, 0.51), (200, 0.52), (300, 0.53)]
    assert any("counts something else" in note for note in run.notes)


def test_mode_tells_the_loss(read_log, points) -> None:
    """`mode` says whether a bare `loss` is of training or validation."""
    text = lines(
        {"mode": "train", "epoch": 1, "loss": 0.9}, {"mode": "val", "epoch": 1, "loss": 0.95},
        {"mode": "train", "epoch": 2, "loss": 0.7}, {"mode": "val", "epoch": 2, "loss": 0.8},
    )  # fmt: skip
    run = read_log(text, "log.json")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7)]
    assert points(run, "val_loss") == [(1, 0.95), (2, 0.8)]


def test_parts_that_alternate(read_log) -> None:
    """Records of two data sets that alternate are never mixed into one series."""
    records = [{"dataset": d, "step": s, "loss": 9.0} for s in (1, 2) for d in ("a", "b")]
    with pytest.raises(LogError, match=r"'a_loss', 'b_loss'.*--train-loss"):
        read_log(lines(*records), "log.jsonl")


def test_phases_that_follow(read_log) -> None:
    """Records of two phases that follow one another are one series."""
    records = [
        {"phase": "warm-up", "step": 1, "loss": 9.0},
        {"phase": "main", "step": 2, "loss": 8.0},
    ]
    assert read_log(lines(*records), "log.jsonl").train_loss.value.tolist() == [9.0, 8.0]


def test_late_evaluations(read_log) -> None:
    """Evaluations that ran beside the training and were logged late keep their steps."""
    rows: list[dict[str, object]] = []
    for step in range(100, 1100, 100):
        rows.append({"step": step, "loss": 1000.0 / step})
        if step > 200:
            rows.append({"step": step - 50, "eval_loss": 1.0})
    run = read_log(lines(*rows), "log.jsonl")
    assert run.val_loss.step.tolist() == list(range(250, 1050, 100))


def test_commas_between_lines(read_log, points) -> None:
    """Commas at the line ends, as within an array, do no harm."""
    text = lines({"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.8}).replace("\n", ",\n")
    assert points(read_log(text, "log.jsonl"), "train_loss") == [(1, 0.9), (2, 0.8)]


def test_lines_that_python_printed(read_log) -> None:
    """Dictionaries as Python prints them are read, NaN and all, and never executed."""
    text = "{'loss': 0.9, 'epoch': 1}\n{'loss': nan, 'epoch': 2}\n{'loss': exit(), 'epoch': 3}\n"
    text += "{'loss': np.float64(0.6), 'epoch': 4, 'note': None}\n"
    loss = read_log(text, "out.log").train_loss
    assert loss.step.tolist() == [1, 2, 4]
    assert math.isnan(loss.value[1])
    assert loss.value.tolist()[::2] == [0.9, 0.6]


def test_nested_records(read_log, points) -> None:
    """Names of nested objects are joined."""
    text = lines(
        *({"epoch": e, "train": {"loss": 1.0 / e}, "val": {"loss": 2.0 / e}} for e in (1, 2))
    )
    run = read_log(text, "log.jsonl")
    assert points(run, "train_loss") == [(1, 1.0), (2, 0.5)]
    assert points(run, "val_loss") == [(1, 2.0), (2, 1.0)]


def test_a_metric_a_line(read_log) -> None:
    """Parts of a loss that never stand in one record are not added up askew."""
    text = lines(
        {"step": 1, "box_loss": 0.5}, {"step": 1, "cls_loss": 0.25},
        {"step": 2, "box_loss": 0.4}, {"step": 2, "cls_loss": 0.2},
    )  # fmt: skip
    with pytest.raises(LogError, match=r"cannot be added up.*--train-loss"):
        read_log(text, "log.jsonl")


def test_not_finite(read_log) -> None:
    """NaN and Infinity, bare or quoted, are values; null and blank text are gaps."""
    text = (
        '{"step": 1, "loss": NaN}\n{"step": 2, "loss": "Infinity"}\n{"step": 3, "loss": null}\n'
        '{"step": 4, "loss": ""}\n{"step": 5, "loss": "-inf"}\n{"step": 6, "loss": "0.5"}\n'
    )
    loss = read_log(text, "log.jsonl").train_loss
    assert loss.step.tolist() == [1, 2, 5, 6]
    assert math.isnan(loss.value[0])
    assert loss.value.tolist()[1:] == [math.inf, -math.inf, 0.5]


def test_truth_is_no_number(read_log, points) -> None:
    """`true` is neither a loss nor a step."""
    text = lines(
        {"step": 1, "loss": 0.9}, {"step": True, "loss": 0.8}, {"step": 3, "loss": True},
        {"step": 4, "loss": 0.6},
    )  # fmt: skip
    assert points(read_log(text, "log.jsonl"), "train_loss") == [(1, 0.9), (4, 0.6)]


def test_cut_last_line(read_log, points) -> None:
    """A last line that was cut off is left out and told."""
    text = lines({"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.8}) + '{"step": 3, "loss": 0.'
    run = read_log(text, "log.jsonl")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.8)]
    assert any("line 3" in note and "cut off" in note for note in run.notes)


def test_other_lines_between(read_log, points) -> None:
    """Lines that are no objects are left out and counted."""
    text = (
        '{"step": 0, "loss": 1.0}\nstarting\n{"step": 1, "loss": 0.9}\nwarning: x\n\n'
        '{"step": 2, "loss": 0.8}\n{"step": 3, "loss": 0.7}\n'
    )
    run = read_log(text, "log.jsonl")
    assert points(run, "train_loss") == [(0, 1.0), (1, 0.9), (2, 0.8), (3, 0.7)]
    assert any(note.startswith("2 lines that are no JSON objects") for note in run.notes)


def test_text_in_a_step(read_log, points) -> None:
    """A value whose step is text takes no other record's step."""
    text = lines(
        {"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.8}, {"step": "1,000", "loss": 0.1},
        {"step": 4, "loss": 0.6},
    )  # fmt: skip
    assert points(read_log(text, "l.jsonl"), "train_loss") == [(1, 0.9), (2, 0.8), (4, 0.6)]


def test_lines_longer_than_the_head(read_log, points) -> None:
    """A first line of a hundred kilobytes does not hide the format."""
    text = lines({"config": "x" * 100_000}, {"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.8})
    assert points(read_log(text, "None.log.json"), "train_loss") == [(1, 0.9), (2, 0.8)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings(read_log, points, encoding) -> None:
    """JSON lines in any Unicode encoding, with any line ends, read the same."""
    text = lines({"step": 1, "loss": 0.9}, {"step": 2, "loss": 0.8}).replace("\n", "\r\n")
    assert points(read_log(text.encode(encoding), "l.jsonl"), "train_loss") == [(1, 0.9), (2, 0.8)]


def test_mostly_broken(read_log) -> None:
    """A file of which most lines are no objects is refused, with the first such line."""
    text = '{"step": 1, "loss": 0.9}\n{"step": 2, "loss": 0.8}\n' + "x\n" * 5
    with pytest.raises(LogError):
        read_log(text, "log.jsonl")


def test_no_loss(read_log) -> None:
    """The fields that were seen are named, and how to name the loss."""
    with pytest.raises(LogError, match=r"'foo', 'bar'.*--train-loss"):
        read_log(lines({"foo": 1, "bar": 2}, {"foo": 3, "bar": 4}), "log.jsonl")


def test_several_processes(read_log, points) -> None:
    """Of processes that write each step in their own pace, then resume, the first one's rows."""
    order = [(0, 10), (1, 10), (0, 20), (0, 30), (1, 20), (0, 40), (1, 30), (1, 40)]
    order += [(p, s) for s in (30, 40, 50, 60, 70) for p in (1, 0)]
    rows = []
    for process, step in order:
        rows.append({"current_steps": step, "total_steps": 70, "loss": 9 - step / 10 + process / 8})
        if step == 40:
            rows.append({"current_steps": step, "total_steps": 70, "eval_loss": 5.0 + process})
    run = read_log(lines(*rows), "trainer_log.jsonl")
    first = [v for _, v in points(run, "train_loss")]
    assert [s for s, _ in points(run, "train_loss")] == [10, 20, 30, 40, 50, 60, 70]
    assert first[:2] == [8.0, 7.0]
    assert all(v in (9 - s / 10, 9 - s / 10 + 1 / 8) for s, v in points(run, "train_loss"))
    assert [s for s, _ in points(run, "val_loss")] == [40]
    assert any("2 processes" in note for note in run.notes)


def test_a_resumed_process_is_one(read_log, points) -> None:
    """Steps that one process logs again after a restart are no second process's."""
    steps = [*range(10, 210, 10), *range(10, 310, 10)]
    rows = [{"current_steps": s, "total_steps": 300, "loss": 100 / s} for s in steps]
    run = read_log(lines(*rows), "trainer_log.jsonl")
    assert [s for s, _ in points(run, "train_loss")] == list(range(10, 310, 10))
    assert not any("processes" in note for note in run.notes)


def test_trials_are_no_curve(read_log) -> None:
    """FLAML logs one validation loss for each trial of a search."""
    rows = [
        {"record_id": i, "trial_time": 0.3, "validation_loss": 1 / (1 + i), "config": {"n": 4}}
        for i in range(9)
    ]
    with pytest.raises(LogError, match="each trial of a search"):
        read_log(lines(*rows), "flaml.log")


def test_ever_new_fields_are_bounded(read_log, monkeypatch) -> None:
    """Where each record has a field of its own, no more are kept than a log has."""
    monkeypatch.setattr(rows, "MAX_FIELDS", 10)
    records = [{"step": s, "loss": 1 / (1 + s), f"k{s}": 1} for s in range(50)]
    run = read_log(lines(*records), "log.jsonl")
    assert run.train_loss.value.tolist() == [record["loss"] for record in records]
    assert len(run.series) < 10
    assert "more than 10 different fields; the others were left out" in run.notes


def test_a_line_that_is_too_long_for_a_record_is_left_out(read_log, monkeypatch) -> None:
    """It is not held in memory, and the lines around it are read."""
    monkeypatch.setattr(json_lines, "MAX_RECORD", 1000)
    good = [{"step": s, "loss": 1.0 / (1 + s)} for s in range(6)]
    long = '{"loss": 9, "text": "' + "x" * 3500 + '"}\n'
    run = read_log(lines(*good[:3]) + long + lines(*good[3:]), "log.jsonl")
    assert run.train_loss.value.tolist() == [record["loss"] for record in good]
    assert "1 lines that are no JSON objects were left out, the first is line 4" in run.notes
