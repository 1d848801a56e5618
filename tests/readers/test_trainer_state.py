"""Hugging Face's trainer_state.json."""

from __future__ import annotations

import json
import math

import pytest

from diagnose.errors import LogError

HISTORY = [
    {"epoch": 0.5, "grad_norm": 1.5, "learning_rate": 5e-5, "loss": 2.5, "step": 10},
    {"epoch": 1.0, "grad_norm": float("nan"), "learning_rate": 4e-5, "loss": 2.0, "step": 20},
    {"epoch": 1.0, "eval_loss": 2.25, "eval_accuracy": 0.5, "eval_runtime": 3.0, "step": 20},
    {"epoch": 1.5, "grad_norm": 1.0, "learning_rate": 3e-5, "loss": 1.5, "step": 30},
    {"epoch": 2.0, "grad_norm": 0.5, "learning_rate": 2e-5, "loss": 1.25, "step": 40},
    {"epoch": 2.0, "eval_loss": 1.75, "eval_accuracy": 0.75, "eval_runtime": 3.0, "step": 40},
    {"epoch": 2.0, "step": 40, "total_flos": 1e15, "train_loss": 1.8, "train_runtime": 99.0},
]


def state(history: object, **more: object) -> str:
    """Write a trainer state."""
    document = {"epoch": 2.0, "global_step": 40, "is_hyper_param_search": False}
    document |= {"log_history": history, **more}
    return json.dumps(document, indent=2)


def test_history(read_log, points) -> None:
    """Each series keeps its own steps, and the row that sums up the run is no point."""
    run = read_log(state(HISTORY), "trainer_state.json")
    assert run.format == "Hugging Face trainer_state.json"
    assert run.step_unit == "step"
    assert points(run, "train_loss") == [(10, 2.5), (20, 2.0), (30, 1.5), (40, 1.25)]
    assert points(run, "val_loss") == [(20, 2.25), (40, 1.75)]
    assert points(run, "val_accuracy") == [(20, 0.5), (40, 0.75)]
    assert points(run, "lr") == [(10, 5e-5), (20, 4e-5), (30, 3e-5), (40, 2e-5)]
    assert run.series["grad_norm"].step.tolist() == [10, 20, 30, 40]
    assert math.isnan(run.series["grad_norm"].value[1])
    assert "epoch" not in run.series


def test_old_trainer(read_log, points) -> None:
    """Old versions wrote `total_flos` into every record."""
    history = [{**record, "total_flos": 5} for record in HISTORY]
    run = read_log(state(history), "trainer_state.json")
    assert points(run, "train_loss") == [(10, 2.5), (20, 2.0), (30, 1.5), (40, 1.25)]


def test_without_steps(read_log, points) -> None:
    """Records without a step are placed by their epoch."""
    history = [{k: v for k, v in record.items() if k != "step"} for record in HISTORY]
    run = read_log(state(history), "trainer_state.json")
    assert points(run, "train_loss") == [(0.5, 2.5), (1.0, 2.0), (1.5, 1.5), (2.0, 1.25)]
    assert run.step_unit == "epoch"


def test_history_far_behind(read_log) -> None:
    """The format is known by its other fields where the history stands far behind."""
    document = {"is_hyper_param_search": False, "global_step": 40, "x": "y" * 9000}
    text = json.dumps({**document, "log_history": HISTORY})
    assert len(read_log(text, "trainer_state.json").train_loss) == 4


def test_evaluation_on_several_sets(read_log) -> None:
    """Losses on several evaluation sets are not added up; it is told how to name one."""
    history = [
        {"step": 1, "loss": 3.0}, {"step": 1, "eval_a_loss": 4.0}, {"step": 1, "eval_b_loss": 5.0},
        {"step": 2, "loss": 2.0}, {"step": 2, "eval_a_loss": 3.0}, {"step": 2, "eval_b_loss": 4.0},
    ]  # fmt: skip
    run = read_log(state(history), "trainer_state.json")
    assert run.val_loss is None
    assert any("--val-loss" in note for note in run.notes)
    run = read_log(state(history), "trainer_state.json", val_loss="eval_b_loss")
    assert run.val_loss.value.tolist() == [5.0, 4.0]


def test_checkpoint_after_resuming(read_log, points) -> None:
    """Steps that were logged again after a resumption keep the later value."""
    history = [
        {"step": s, "loss": v} for s, v in [(10, 9.0), (20, 8.0), (30, 7.0), (20, 8.5), (30, 7.5)]
    ]
    run = read_log(state(history), "trainer_state.json")
    assert points(run, "train_loss") == [(10, 9.0), (20, 8.5), (30, 7.5)]


def test_a_state_that_is_cut_off(read_log, points) -> None:
    """The records that are whole are read."""
    text = state(HISTORY)
    run = read_log(text[: text.index("1.25")], "trainer_state.json")
    assert points(run, "train_loss") == [(10, 2.5), (20, 2.0), (30, 1.5)]
    assert points(run, "val_loss") == [(20, 2.25)]
    assert any("cut off" in note for note in run.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (state([]), "logged no loss"),
        (state(HISTORY[-1:]), "logged no loss"),
        (state({"a": 1}), "without 'log_history'"),
        (state(None), "without 'log_history'"),
        (state(HISTORY[:1]), "single point"),
        (state([1, "x", None]), "logged no loss"),
        (state(HISTORY)[:20], "cut off"),
        (state([{"step": 1, "foo": 2}, {"step": 2, "foo": 3}]), "'foo'"),
    ],
)
def test_no_curve(read_log, text, message) -> None:
    """A state without a training curve is refused in a sentence that says why."""
    with pytest.raises(LogError, match=message):
        read_log(text, "trainer_state.json")
