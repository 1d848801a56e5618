"""Evaluation results of gradient boosting, and other nested documents, saved as JSON."""

from __future__ import annotations

import json

import pytest

TRAIN = [1 / i for i in range(1, 9)]
VAL = [1.1 / i for i in range(1, 9)]
SCORE = [0.5 + i / 50 for i in range(8)]

RESULTS = {
    "xgboost.train": ({"train": {"rmse": TRAIN}, "validation": {"rmse": VAL}}, 0),
    "with an AUC": (
        {"train": {"auc": SCORE, "logloss": TRAIN}, "eval": {"auc": SCORE, "logloss": VAL}}, 0),
    "XGBClassifier": ({"validation_0": {"mlogloss": TRAIN}, "validation_1": {"mlogloss": VAL}}, 1),
    "XGBRegressor": (
        {"validation_0": {"rmse": TRAIN, "mae": TRAIN},
         "validation_1": {"rmse": VAL, "mae": VAL}}, 1),
    "LightGBM": (
        {"training": {"binary_logloss": TRAIN, "auc": SCORE},
         "valid_1": {"binary_logloss": VAL, "auc": SCORE}}, 0),
    "LightGBM, squared": ({"train": {"l2": TRAIN}, "valid": {"l2": VAL}}, 0),
    "two validation sets": (
        {"training": {"rmse": TRAIN}, "valid_0": {"rmse": VAL}, "valid_1": {"rmse": SCORE}}, 1),
    "CatBoost": ({"learn": {"RMSE": TRAIN}, "validation": {"RMSE": VAL}}, 0),
    "CatBoost, classes": ({"learn": {"MultiClass": TRAIN}, "validation": {"MultiClass": VAL}}, 0),
    "inside": ({"params": {"eta": 0.1},
                "evals_result": {"train": {"rmse": TRAIN}, "valid_0": {"rmse": VAL}}}, 0),
}  # fmt: skip


@pytest.mark.parametrize(("document", "notes"), RESULTS.values(), ids=RESULTS)
def test_both_sets_of_evaluation_results(read_log, document, notes) -> None:
    """Each set's loss is its own, in the order of the rounds."""
    run = read_log(json.dumps(document), "evals_result.json")
    assert run.train_loss.value.tolist() == TRAIN
    assert run.val_loss.value.tolist() == VAL
    assert len(run.notes) == notes


def test_a_single_numbered_set_is_the_validation_s(read_log) -> None:
    """One evaluation set is no training set."""
    run = read_log(json.dumps({"validation_0": {"logloss": VAL}}), "evals_result.json")
    assert run.val_loss.value.tolist() == VAL
    assert run.train_loss is None


@pytest.mark.parametrize("stem", ["epoch_", "stage1.epoch_"])
def test_catalyst(read_log, points, stem) -> None:
    """Each epoch is an entry; `best` and `last` are repetitions."""
    document = {
        f"{stem}{e}": {"train": {"loss": t, "loss/std": 9.0}, "valid": {"loss": v}}
        for e, (t, v) in enumerate(zip(TRAIN, VAL, strict=True))
    }
    document |= {"best": document[f"{stem}3"], "last": document[f"{stem}7"]}
    run = read_log(json.dumps(document), "_metrics.json")
    assert points(run, "train_loss") == list(enumerate(TRAIN))
    assert points(run, "val_loss") == list(enumerate(VAL))


def test_checkpoints_of_catalyst(read_log, points) -> None:
    """Newer versions tell the validation's metrics beside each checkpoint and its score."""
    document: dict[str, object] = {"best": {"loss": 0.1}, "last": {"loss": 0.1}, "train.6": {}}
    document |= {f"epoch_{e}": [f"train.{e}.pth", -v, {"loss": v}] for e, v in enumerate(VAL)}
    run = read_log(json.dumps(document), "_metrics.json")
    assert points(run, "val_loss") == list(enumerate(VAL))
    assert run.train_loss is None


def test_skorch(read_log, points) -> None:
    """The batches within an epoch are not the epoch's."""
    rows = [
        {"batches": [{"train_loss": 9.0}, {"valid_loss": 9.0}], "epoch": e, "dur": 0.3,
         "train_loss": t, "train_loss_best": True, "valid_loss": v, "valid_acc": 0.5}
        for e, (t, v) in enumerate(zip(TRAIN, VAL, strict=True), start=1)
    ]  # fmt: skip
    run = read_log(json.dumps(rows), "history.json")
    assert points(run, "train_loss") == list(enumerate(TRAIN, start=1))
    assert points(run, "val_loss") == list(enumerate(VAL, start=1))


def test_numpy_numbers_of_sacred(read_log, points) -> None:
    """A numpy number is written as an object by jsonpickle."""
    wrapped = [{"dtype": "float64", "py/object": "numpy.float64", "value": t} for t in TRAIN]
    document = {"loss": {"steps": list(range(0, 80, 10)), "values": wrapped, "timestamps": []}}
    run = read_log(json.dumps(document), "metrics.json")
    assert points(run, "train_loss") == [(10 * i, t) for i, t in enumerate(TRAIN)]
