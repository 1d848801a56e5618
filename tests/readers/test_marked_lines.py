"""JSON behind a mark: lines written here by hand as the programs print them."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.errors import LogError
from diagnose.readers import find_reader, read
from diagnose.readers.source import Source
from diagnose.readers.table import Choice


def dlll(step: object, kind: str = "LOG", **data: object) -> str:
    """Write a line as DLLogger's JSON backend does."""
    head = {"timestamp": "1650000000.1", "elapsedtime": "3.2", "type": kind}
    return f"DLLL {json.dumps({**head, 'step': step, 'data': data})}\n"


def mllog(key: str, value: object, **metadata: object) -> str:
    """Write a line as MLPerf's logging package does."""
    metadata = {"file": "/workspace/callbacks.py", "lineno": 129, **metadata}
    record = {
        "namespace": "", "time_ms": 1721026805975, "event_type": "POINT_IN_TIME",
        "key": key, "value": value, "metadata": metadata,
    }  # fmt: skip
    return f"0: :::MLLOG {json.dumps(record)}\n"


def test_steps_within_epochs(read_log, points) -> None:
    """Iterations that begin again with each epoch are numbered through; the summary is none."""
    log = dlll("PARAMETER", "PARAMETER", epochs=2, loss=9.0)
    for epoch in (1, 2):
        for batch in (1, 2, 3, 4):
            log += dlll([epoch, batch, 4], train_loss=1.0 / epoch + 0.1 / batch)
        log += dlll([epoch], val_loss=0.9 / epoch)
    run = read_log(log + dlll([], train_loss=0.1, val_loss=0.2), "nvlog.json")
    assert [v for _, v in points(run, "train_loss")] == [
        1.0 / e + 0.1 / b for e in (1, 2) for b in (1, 2, 3, 4)
    ]
    assert [s for s, _ in points(run, "train_loss")] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert points(run, "val_loss") == [(4, 0.9), (8, 0.45)]


def test_means_of_epochs(read_log, points) -> None:
    """Where whole epochs tell their losses, those are the curve."""
    log = ""
    for epoch in range(4):
        log += "".join(dlll([epoch, i], **{"train.loss": 3.0 + i}) for i in range(5))
        log += dlll([epoch], **{"train.loss": 2.0 / (1 + epoch), "val.loss": 2.5 / (1 + epoch)})
    run = read_log(log, "raport.json")
    assert points(run, "train_loss") == [(e, 2.0 / (1 + e)) for e in range(4)]
    assert points(run, "val_loss") == [(e, 2.5 / (1 + e)) for e in range(4)]
    assert any("whole epochs" in note for note in run.notes)


def test_single_steps(read_log, points) -> None:
    """A step that is one number counts through the run."""
    log = "".join(dlll(step, loss=1.0 / step, lr="0.1") for step in range(1, 7))
    run = read_log(log)
    assert points(run, "train_loss") == [(s, 1.0 / s) for s in range(1, 7)]
    assert run.step_unit == "step"


@pytest.mark.parametrize("benchmark", ["llama2_70b_lora", "gpt3"])
def test_what_language_models_call_accuracy_is_the_loss(read_log, points, benchmark) -> None:
    """Both losses stand at the samples that were seen."""
    log = mllog("submission_benchmark", benchmark) + mllog("global_batch_size", 8)
    for k in range(1, 7):
        log += mllog("train_loss", 2.0 / k, samples_count=192 * k, lr=1e-4)
        if k % 2 == 0:
            log += mllog("eval_start", None, samples_count=192 * k)
            log += mllog("eval_accuracy", 1.9 / k, samples_count=192 * k)
    run = read_log("some words\n" + log + mllog("eval_accuracy", 9.9), "slurm-1.out")
    assert points(run, "train_loss") == [(192 * k, 2.0 / k) for k in range(1, 7)]
    assert points(run, "val_loss") == [(192 * k, 1.9 / k) for k in (2, 4, 6)]
    assert points(run, "lr")[0] == (192, 1e-4)


def test_no_accuracy_is_above_one(read_log, points) -> None:
    """Where the benchmark is not told, its values may tell what they are."""
    log = "".join(
        mllog("train_loss", 9.0 / k, samples_count=k)
        + mllog("eval_accuracy", 9.5 / k, samples_count=k)
        for k in range(1, 6)
    )
    assert points(read_log(log), "val_loss") == [(k, 9.5 / k) for k in range(1, 6)]


def test_accuracy_of_other_benchmarks_is_no_loss(read_log, points) -> None:
    """An accuracy alone makes no curve of a loss; beside a loss it stays an accuracy."""
    accuracy = "".join(mllog("eval_accuracy", 0.1 * k, epoch_num=k) for k in range(1, 6))
    with pytest.raises(LogError, match="no training curve"):
        read_log(mllog("submission_benchmark", "resnet") + accuracy)
    losses = "".join(mllog("train_loss", 1.0 / k, epoch_num=k) for k in range(1, 6))
    run = read_log(mllog("submission_benchmark", "bert") + losses + accuracy)
    assert len(points(run, "val_accuracy")) == 5
    assert "val_loss" not in run.columns


def test_records_of_pycls(read_log, points) -> None:
    """An epoch is told beside the last one; the means of epochs are the curve."""
    log = ""
    for epoch in range(1, 5):
        for kind, more in (
            ("train_iter", {"iter": "10/20", "loss": 9.0}),
            ("train_epoch", {"loss": 1.0 / epoch, "lr": 0.1}),
            ("test_epoch", {"loss": 1.5 / epoch, "top1_err": 20.0}),
        ):
            record = json.dumps({"_type": kind, "epoch": f"{epoch}/4", **more})
            log += f"[meters.py: 192]: json_stats: {record}\n"
    run = read_log(log, "stdout.log")
    assert points(run, "train_loss") == [(e, 1.0 / e) for e in range(1, 5)]
    assert points(run, "val_loss") == [(e, 1.5 / e) for e in range(1, 5)]


def test_records_of_torch7(read_log, points) -> None:
    """Settings that every line repeats are no curves of their own."""
    log = "{lr: 0.1}\n" + "".join(
        f'json_stats: {{"lr":0.1,"epoch":{e},"loss":{2.0 / e},"test_acc":{50 + e},"t":"nan"}}\n'
        for e in range(1, 6)
    )
    run = read_log(log, "log.txt")
    assert points(run, "train_loss") == [(e, 2.0 / e) for e in range(1, 6)]
    assert points(run, "val_accuracy") == [(e, (50 + e) / 100) for e in range(1, 6)]


@pytest.mark.parametrize(
    "content",
    [
        "DLLL {\n" * 5,
        dlll([], train_loss=1.0) * 3,
        dlll([[1], {}], train_loss=1.0) * 3,
        dlll([0], train_loss=1.0),
        mllog("train_loss", {"a": {"b": []}}) * 2,
        "json_stats: {" + '"a":{' * 9000 + "\n",
    ],
)
def test_what_is_no_curve_is_refused(read_log, content) -> None:
    """Broken and empty lines give one sentence."""
    with pytest.raises(LogError):
        read_log(content, "log.txt")


@given(st.binary(max_size=200))
def test_random_bytes_after_a_good_head(tmp_path_factory, tail) -> None:
    """Whatever follows, the only exception is ours."""
    path = tmp_path_factory.mktemp("d") / "log.json"
    path.write_bytes(dlll([1, 1], loss=1.0).encode() + tail + b"\nDLLL {" + tail)
    with contextlib.suppress(LogError):
        read(path)


def test_long_lines_take_no_time(tmp_path) -> None:
    """Ten megabytes of marks without an end are gone through once."""
    path = tmp_path / "log.txt"
    path.write_text("DLLL {" + '"a":{' * 2_000_000)
    start = time.process_time()
    with contextlib.suppress(LogError):
        find_reader("marked_lines").read(Source(path), Choice())
    assert time.process_time() - start < 3
