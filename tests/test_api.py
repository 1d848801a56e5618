"""The Python API."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose import DataError, LogError, Run, diagnose, read

FALL = np.linspace(2.0, 0.5, 30)


def write_log(path):
    """Write a Keras log and return its path."""
    rows = [f"{e},{t},{t + 0.1}" for e, t in enumerate(FALL)]
    path.write_text("epoch,loss,val_loss\n" + "\n".join(rows) + "\n")
    return path


def test_a_path_a_run_and_arrays_get_the_same_verdict(tmp_path):
    """One rule code: how the losses came does not matter."""
    path = write_log(tmp_path / "log.csv")
    of_path = diagnose(path)
    of_run = diagnose(read(path))
    of_arrays = diagnose(train_loss=FALL, val_loss=FALL + 0.1)
    assert isinstance(read(path), Run)
    assert of_path.verdict == of_run.verdict
    assert of_path.verdict.problem == of_arrays.verdict.problem == "underfitting"


def test_a_pair_of_linear_losses_is_taken():
    """One number is the training loss; two are training and validation loss."""
    assert diagnose(train_loss=FALL, linear_loss=0.1).verdict.problem == "underfitting"
    assert diagnose(train_loss=FALL, linear_loss=(0.1, 0.2)).verdict.problem == "underfitting"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give a log, or the losses as arrays, and not both"),
        ({"log": "x.csv", "train_loss": [1.0, 2.0]}, "not both"),
        ({"train_loss": [1.0, 2.0], "linear_loss": (1, 2, 3)}, "linear_loss is one training loss"),
        ({"train_loss": [1.0, 2.0], "classes": 1}, "number of classes must be at least 2. Got 1"),
        ({"train_loss": [1.0], "classes": 3, "constant_loss": 1.0}, "not several"),
        ({"train_loss": [1.0, 2.0], "label_smoothing": 0.1}, "needs the number of classes"),
        ({"train_loss": [1.0, 2.0], "target_variance": -1}, "variance must be positive"),
        ({"train_loss": [1.0, 2.0], "classes": 10, "linear_loss": 9.0}, "must be below"),
        ({"train_loss": [1.0, 2.0], "linear_loss": float("nan")}, "must be a number"),
        ({"train_loss": "abc"}, "must be a list of numbers"),
        ({"train_loss": [[1.0], [2.0]]}, "must be a list"),
        ({"train_loss": [1.0, 2.0], "steps": [1.0]}, "2 values and 1 steps"),
        ({"train_loss": [1.0, 2.0], "steps": [2.0, 1.0]}, "strictly increasing"),
        ({"train_loss": np.ones(7), "val_loss": np.ones(3)}, "where they were measured"),
        ({"train_loss": [1.0, 2.0], "narrowest_layer": 0}, "at least 1 unit"),
    ],
)
def test_senseless_input_gets_one_clear_sentence(arguments, message):
    """Each mistake is named, with what is allowed."""
    with pytest.raises(DataError, match=message):
        diagnose(**arguments)


def test_a_missing_log_is_a_log_error():
    """The library raises what the command line says."""
    with pytest.raises(LogError, match="no such file"):
        diagnose("nowhere.csv")
