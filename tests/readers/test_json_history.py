"""JSON documents: histories of lists and lists of records."""

from __future__ import annotations

import contextlib
import json
import math
import time

import pytest

from diagnose.errors import LogError
from diagnose.readers import json_history, read

TRAIN = [0.9, 0.7, 0.6]
VAL = [0.95, 0.8, 0.75]
RECORDS = [
    {"epoch": e, "loss": t, "val_loss": v} for e, t, v in zip((1, 2, 3), TRAIN, VAL, strict=True)
]

SAME_HISTORY = {
    "lists": {"loss": TRAIN, "val_loss": VAL},
    "lists within": {"history": {"loss": TRAIN, "val_loss": VAL}, "params": {"epochs": 3}},
    "lists deep within": {"a": {"b": {"c": {"train_loss": TRAIN, "val_loss": VAL}}}},
    "other records beside lists": {
        "loss": TRAIN, "val_loss": VAL, "saved": [{"step": 100, "size": 1}, {"step": 300}]
    },
    "other records beside records": {
        "log": RECORDS, "saved": [{"step": s, "size": 1, "a": 2, "b": 3, "c": 4} for s in (7, 8, 9)]
    },
    "other lists beside records": {"log": RECORDS, "lr": [1, 2], "step": [7, 8, 9]},
    "scalars beside": {"loss": TRAIN, "val_loss": VAL, "best_val_loss": 0.75, "name": "x"},
    "lists of text beside": {"loss": TRAIN, "val_loss": VAL, "classes": ["cat", "dog"]},
    "pairs beside": {"loss": TRAIN, "val_loss": VAL, "confusion": [[1, 2], [3, 4]]},
    "own epochs": {"epoch": [1, 2, 3], "loss": TRAIN, "val_loss": VAL},
    "by split": {"train": {"loss": TRAIN}, "validation": {"loss": VAL}},
    "by quantity": {"loss": {"train": TRAIN, "val": VAL}},
    "records": RECORDS,
    "records within": {"config": {"lr": 0.1}, "log": RECORDS},
    "records of dictionaries": [
        {"epoch": r["epoch"], "train": {"loss": r["loss"]}, "val": {"loss": r["val_loss"]}}
        for r in RECORDS
    ],
    "records by split": {
        "train": [{"epoch": e + 1, "loss": v} for e, v in enumerate(TRAIN)],
        "val": [{"epoch": e + 1, "loss": v} for e, v in enumerate(VAL)],
    },
    "records by split without epochs": {
        "train": [{"loss": v} for v in TRAIN],
        "val": [{"loss": v} for v in VAL],
    },
    "records by epoch": {f"epoch_{r['epoch']}": r for r in RECORDS},
    "records by epoch with the best": {
        **{f"epoch_{i}": {"train": {"loss": t}, "valid": {"loss": v}}
           for i, t, v in zip((1, 2, 3), TRAIN, VAL, strict=True)},
        "best": {"train": {"loss": 0.6}, "valid": {"loss": 0.75}},
    },
    "pandas columns": {
        "loss": {"0": 0.9, "1": 0.7, "2": 0.6},
        "val_loss": {"0": 0.95, "1": 0.8, "2": 0.75},
    },
    "numbers as text": {"loss": ["0.9", "0.7", "0.6"], "val_loss": [str(v) for v in VAL]},
}  # fmt: skip


@pytest.mark.parametrize("document", SAME_HISTORY.values(), ids=SAME_HISTORY)
@pytest.mark.parametrize("indent", [None, 2], ids=["in one line", "indented"])
def test_shapes_of_one_history(read_log, points, document, indent) -> None:
    """The same six numbers come out at the same steps whatever the document's shape."""
    run = read_log(json.dumps(document, indent=indent), "history.json")
    assert points(run, "train_loss") == list(zip((1, 2, 3), TRAIN, strict=True))
    assert points(run, "val_loss") == list(zip((1, 2, 3), VAL, strict=True))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_encodings(read_log, encoding) -> None:
    """A document in any Unicode encoding reads the same."""
    text = json.dumps(SAME_HISTORY["lists"], indent=1)
    assert read_log(text.encode(encoding), "h.json").train_loss.value.tolist() == TRAIN


def test_epochs_in_alphabetical_order(read_log, points) -> None:
    """Numbered entries are put in the order of their numbers, not of their names."""
    document = {str(e): {"loss": 10.0 - e} for e in range(1, 13)}
    run = read_log(json.dumps(document, sort_keys=True), "h.json")
    assert points(run, "train_loss") == [(e, 10.0 - e) for e in range(1, 13)]


def test_not_finite(read_log) -> None:
    """NaN and Infinity as Python writes them are values; null is a gap."""
    run = read_log('{"loss": [0.9, NaN, Infinity, -Infinity, null, "nan", 0.1]}', "h.json")
    assert run.train_loss.step.tolist() == [1, 2, 3, 4, 6, 7]
    value = run.train_loss.value.tolist()
    assert math.isnan(value[1])
    assert value[2:4] == [math.inf, -math.inf]
    assert math.isnan(value[4])


@pytest.mark.parametrize(
    "text",
    [
        "{'loss': [0.9, 0.7, 0.6], 'val_loss': (0.95, 0.8, 0.75)}",
        "{'loss': [np.float64(0.9), np.float64(0.7), np.float64(0.6)], 'ok': True}",
        "{'loss': [0.9, 0.7, 0.6], 'lr': None}",
        "{'loss': [tensor(0.9), array(0.7), numpy.float32(0.6)]}",
        "{'loss': array([0.9, 0.7, 0.6], dtype=float32), 'x': array([[1, 2]])}",
    ],
)
def test_python_print(read_log, text) -> None:
    """What Python's print makes of a history is read, and never executed."""
    assert read_log(text, "history.txt").train_loss.value.tolist() == TRAIN


def test_python_print_of_nan(read_log) -> None:
    """Python prints nan and inf without quotes; they are values too."""
    value = read_log("{'loss': [0.9, nan, -inf, inf]}", "h.txt").train_loss.value.tolist()
    assert math.isnan(value[1])
    assert value[2:] == [-math.inf, math.inf]


def test_code_is_not_run(read_log, tmp_path) -> None:
    """An expression in the place of a history is refused and does nothing."""
    target = tmp_path / "made"
    with pytest.raises(LogError):
        read_log(f"{{'loss': [open('{target}', 'w'), 1.0]}}", "h.txt")
    assert not target.exists()


def test_whole_name_before_parts_within_a_folder(read_log) -> None:
    """A total is not added to its own parts because all bear the name of the object around."""
    run = read_log(
        '{"history": {"loss": [3.0, 2.0], "box_loss": [2.0, 1.5], "cls_loss": [1.0, 0.5]}}',
        "h.json",
    )
    assert run.train_loss.value.tolist() == [3.0, 2.0]


def test_validation_records_alone(read_log) -> None:
    """Records in a list called `val` are of the validation loss."""
    run = read_log('{"val": [{"step": 5, "loss": 0.9}, {"step": 9, "loss": 0.8}]}', "h.json")
    assert run.train_loss is None
    assert run.val_loss.step.tolist() == [5, 9]


def test_records_with_different_steps(read_log, points) -> None:
    """Training and validation records keep their own steps."""
    train = [{"step": s, "loss": 10.0 / s} for s in range(1, 41)]
    val = [{"step": s, "loss": 11.0 / s} for s in (10, 20, 30, 40)]
    run = read_log(json.dumps({"train": train, "eval": val}), "h.json")
    assert points(run, "train_loss") == [(s, 10.0 / s) for s in range(1, 41)]
    assert points(run, "val_loss") == [(s, 11.0 / s) for s in (10, 20, 30, 40)]


def test_sacred_metrics(read_log, points) -> None:
    """Series with steps of their own keep them."""
    document = {
        "training.loss": {"steps": [10, 20, 30, 40], "values": [0.9, 0.8, 0.7, 0.6]},
        "validation.loss": {"steps": [20, 40], "values": [0.95, 0.85]},
    }  # fmt: skip
    run = read_log(json.dumps(document), "metrics.json")
    assert points(run, "train_loss") == [(10, 0.9), (20, 0.8), (30, 0.7), (40, 0.6)]
    assert points(run, "val_loss") == [(20, 0.95), (40, 0.85)]


def test_repeated_step_of_a_stepped_series(read_log, points) -> None:
    """Of several values on one step, the last that was logged stands."""
    document = {"loss": {"steps": [1, 2, 3, 4, 4], "values": [0.9, 0.8, 0.7, 0.5, 0.6]}}
    run = read_log(json.dumps(document), "metrics.json")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)]


SAME_STEPS = {
    "by name": {"train_steps": [1, 2, 3, 4], "train_loss": [4, 3, 2, 1], "val_steps": [2, 4],
                "val_loss": [3, 2]},
    "plain beside val": {"epoch": [1, 2, 3, 4], "loss": [4, 3, 2, 1], "val_epoch": [2, 4],
                         "val_loss": [3, 2]},
    "by part": {"train": {"step": [1, 2, 3, 4], "loss": [4, 3, 2, 1]},
                "val": {"step": [2, 4], "loss": [3, 2]}},
    "by number": {"loss": {"1": 4, "2": 3, "4": 1, "3": 2}, "val_loss": {"2": 3, "4": 2}},
}  # fmt: skip


@pytest.mark.parametrize("document", SAME_STEPS.values(), ids=SAME_STEPS)
def test_steps_of_their_own(read_log, points, document) -> None:
    """Steps that belong to one loss alone are used for it."""
    run = read_log(json.dumps(document), "h.json")
    assert points(run, "train_loss") == [(1, 4), (2, 3), (3, 2), (4, 1)]
    assert points(run, "val_loss") == [(2, 3), (4, 2)]


def test_lists_of_batches(read_log) -> None:
    """Losses of two batches an epoch are not taken for pairs of a step and a value."""
    run = read_log('{"train_loss": [[3, 2], [1, 0.5]], "val_loss": [5, 4]}', "h.json")
    assert run.train_loss is None
    assert "train_loss: holds lists within a list, and was left out" in run.notes


def test_numbers_in_lists_of_one(read_log) -> None:
    """A number alone in a list, as arrays of one column are written, is that number."""
    assert read_log('{"loss": [[0.9], [0.7]]}', "h.json").train_loss.value.tolist() == [0.9, 0.7]
    assert read_log('[{"loss": [0.9]}, {"loss": [0.7]}]', "h.json").train_loss.value.tolist() == [
        0.9,
        0.7,
    ]


def test_pairs(read_log, points) -> None:
    """A list of [step, value] pairs is a series."""
    document = {"loss": [[10, 0.9], [20, 0.7]], "val_loss": [[20, 0.8]]}
    run = read_log(json.dumps(document), "h.json")
    assert points(run, "train_loss") == [(10, 0.9), (20, 0.7)]
    assert points(run, "val_loss") == [(20, 0.8)]


def test_chainer(read_log, points) -> None:
    """Chainer's array of records is counted in iterations."""
    document = [
        {"main/loss": 0.9, "validation/main/loss": 0.95, "epoch": 1, "iteration": 600},
        {"main/loss": 0.7, "validation/main/loss": 0.8, "epoch": 2, "iteration": 1200},
    ]
    run = read_log(json.dumps(document), "log")
    assert points(run, "val_loss") == [(600, 0.95), (1200, 0.8)]
    assert run.step_unit == "iteration"


def test_ludwig(read_log) -> None:
    """Ludwig's combined loss is taken, not added to those of the outputs."""
    part = {"combined": {"loss": [2.0, 1.0]}, "label": {"loss": [1.5, 0.5], "accuracy": [0.1, 0.2]}}
    run = read_log(json.dumps({"training": part, "validation": part, "test": part}), "s.json")
    assert run.columns["train_loss"] == ("training/combined/loss",)
    assert run.columns["val_loss"] == ("validation/combined/loss",)


@pytest.mark.parametrize(
    ("length", "steps", "note"),
    [
        (3, [2, 4, 6], "one every 2"),
        (2, [3, 6], "one every 3"),
        (5, [1, 2, 3, 4, 5], "the last is missing"),
        (4, [1, 3, 4, 6], "spread evenly"),
    ],
)
def test_shorter_validation_list(read_log, length, steps, note) -> None:
    """Where a shorter list is placed is a guess, and is told."""
    document = {"loss": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], "val_loss": [0.9] * length}
    run = read_log(json.dumps(document), "h.json")
    assert run.val_loss.step.tolist() == steps
    assert any(note in n and "val_loss" in n for n in run.notes)


def test_longer_other_list(read_log) -> None:
    """A list with more entries than the loss has no place beside it and is left out."""
    run = read_log('{"loss": [0.9, 0.8], "lr": [1, 2, 3, 4, 5, 6]}', "h.json")
    assert run.get("lr") is None
    assert any(n.startswith("lr: 6 values beside 2") for n in run.notes)


def test_several_histories(read_log) -> None:
    """Histories of several runs are not added up or mixed."""
    document = {f"run {i}": {"loss": [i, i - 1], "val_loss": [i, i]} for i in (5, 6)}
    with pytest.raises(LogError, match=r"2 histories .*'run 5', 'run 6'"):
        read_log(json.dumps(document), "h.json")
    run = read_log(json.dumps(document), "h.json", train_loss="run 6/loss")
    assert run.train_loss.value.tolist() == [6, 5]


def test_text_among_numbers(read_log, points) -> None:
    """Text in a list or a record is a gap that is told."""
    run = read_log('{"loss": [0.9, "oops", 0.7]}', "h.json")
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.7)]
    assert any("'oops'" in n for n in run.notes)
    run = read_log('[{"loss": 0.9}, {"loss": "oops"}, {"loss": 0.7}]', "h.json")
    assert points(run, "train_loss") == [(1, 0.9), (3, 0.7)]
    assert any("'oops'" in n for n in run.notes)


def test_integers_beyond_floats(read_log) -> None:
    """Integers larger than any float are infinities, with their sign."""
    run = read_log('{"loss": [1, %s, -%s]}' % ("9" * 400, "9" * 400), "h.json")  # noqa: UP031
    assert run.train_loss.value.tolist() == [1, math.inf, -math.inf]


CUT = {
    # What is whole of a document that is cut off: for each loss how many values.
    '{"loss": [0.9, 0.7, 0.': (2, 0),
    '{"loss": [0.9, 0.7, 0.6], "val_lo': (3, 0),
    '{"loss": [0.9, 0.7, 0.6], "val_loss": [1, 2, 3], "lr": [\n': (3, 3),
    '{"loss": [0.9, 0.7, 0.6], "val_loss": [1, 2': (3, 0),
    "{'loss': [0.9, 0.7, 0.6], 'val_loss': [1, 2, nan], 'lr': [0.1, 0.": (3, 3),
    '{"a": "a,[\\"{", "loss": [0.9, 0.7, 0.6], "b": "]': (3, 0),
    '[{"loss": 0.9, "val_loss": 1}, {"loss": 0.7, "val_loss": 1}, {"loss": 0.6, "val': (2, 2),
    '{"train": {"loss": [0.9, 0.7]}, "val": {"loss": [1, 2], "acc": [1,': (2, 2),
}


@pytest.mark.parametrize(("text", "counts"), CUT.items())
def test_whole_entries_of_a_cut_document(read_log, text, counts) -> None:
    """A list or a record that is not whole gives no value, and the cut is told."""
    run = read_log(text, "history.json")
    found = [0 if loss is None else len(loss) for loss in (run.train_loss, run.val_loss)]
    assert found == list(counts)
    assert run.train_loss.value.tolist() == [0.9, 0.7, 0.6][: counts[0]]
    assert any("cut off" in note for note in run.notes)


def test_histories_one_after_another(read_log, points) -> None:
    """Each is whole; the last one with a loss is judged."""
    text = "{'loss': [3, 2, 1], 'val_loss': [3, 3, 3]}{'loss': [0.9, 0.7], 'b_loss': [1, 1]}"
    run = read_log(text + "{'names': ['a', 'b']}", "log.txt")
    assert points(run, "train_loss") == [(1, 0.9), (2, 0.7)]
    assert any("3 histories" in note for note in run.notes)
    run = read_log('{\n"loss": [3, 2]\n}\n{\n"loss": [5, 4, 3]\n}\n{\n"loss": [7', "log.json")
    assert points(run, "train_loss") == [(1, 5), (2, 4), (3, 3)]


def test_records_one_after_another(read_log, points) -> None:
    """Records over several lines each are those of one run."""
    text = "".join(f'{{\n  "epoch": {e},\n  "loss": {9 - e}\n}}\n' for e in range(1, 5))
    assert points(read_log(text, "log.json"), "train_loss") == [(e, 9 - e) for e in range(1, 5)]


@pytest.mark.parametrize("piece", ['"', "'", '"\\"', "[", "{", '{"a":[', "[1,", "}", "[],", "a,"])
def test_broken_documents_take_no_time(tmp_path, piece) -> None:
    """Ten megabytes of one piece are gone through once."""
    path = tmp_path / "log.json"
    path.write_text('{"loss": [1, 2], ' + piece * (1_000_000 // len(piece)))
    start = time.process_time()
    with contextlib.suppress(LogError):
        read(path)
    assert time.process_time() - start < 3


BAD = {
    "cut in the first number": ('{"loss": [0.', "cut off"),
    "cut in the second number": ('{"loss": [0.9, 0.7', "cut off"),
    "cut in a name": ('{"epochs": 3, "lo', "cut off"),
    "cut before the list": ('{"epochs": [1, 2], "loss": ', "cut off"),
    "comma missing": ('{"loss": [0.9 0.7, 0.6, 0.5, 0.4]}', "no JSON"),
    "deep lists": ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    "deep objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "deep python": ("{'a':" * 100_000 + "1" + "}" * 100_000, "no JSON"),
    "an endless integer": ('{"loss": [1, ' + "9" * 5000 + "]}", "no JSON"),
    "nothing in it": ("{}", "no list of numbers"),
    "an empty list": ("[]", "no list of numbers"),
    "scalars": ('{"loss": 0.5, "val_loss": 0.6}', "'loss', 'val_loss' have one value each"),
    "a W&B summary": ('{"train/loss": 0.5, "_wandb": {"runtime": 5}}', r"run's \.wandb file"),
    "a W&B summary without a loss": ('{"f1": [1, 2], "_runtime": 5}', r"run's \.wandb file"),
    "an epoch of AllenNLP": ('{"training_epochs": 3, "training_loss": 1}', "name their folder"),
    "a Trainer's results": ('{"train_loss": 0.5, "train_runtime": 9}', "in trainer_state.json"),
    "one epoch": ('{"loss": [0.5], "val_loss": [0.6]}', "single point"),
    "no loss": ('{"foo": [1, 2], "bar": [3, 4]}', "'foo', 'bar'.*--train-loss"),
    "text": ('{"loss": ["high", "low"]}', "'loss' holds text .*'high'"),
    "lists of nothing": ('{"loss": [null, null], "val_loss": []}', "no list of numbers"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_no_curve(read_log, text, message) -> None:
    """A document without a training curve is refused in a sentence that says why."""
    with pytest.raises(LogError, match=message) as caught:
        read_log(text, "history.json")
    assert "history.json" in str(caught.value) or "column" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_line_of_the_error(read_log) -> None:
    """The message names the line in which the document breaks."""
    with pytest.raises(LogError, match=r"history\.json:3: "):
        read_log('{\n"loss": [1, 2],\n"val_loss": [1 2],\n"a": [1, 2, 3, 4]\n}\n', "history.json")


def test_lists_without_number_are_bounded(read_log, monkeypatch) -> None:
    """Of a history of very many lists the first are read, and the rest is told."""
    monkeypatch.setattr(json_history, "MAX_FIELDS", 10)
    history = {"loss": TRAIN, "val_loss": VAL} | {f"weight_{i}": TRAIN for i in range(50)}
    run = read_log(json.dumps(history), "log.json")
    assert run.train_loss.value.tolist() == TRAIN
    assert "more than 10 lists; the others were left out" in run.notes
