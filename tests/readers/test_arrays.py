"""Arrays in memory."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.errors import DataError
from diagnose.readers.arrays import read_arrays


def test_lists_and_arrays() -> None:
    """Lists, tuples, arrays of any number type and None for a NaN become series."""
    run = read_arrays(
        {
            "train_loss": [3, 2, 1],
            "val_loss": np.array([4, 3, 2], dtype=np.float32),
            "lr": (0.1, None, 0.01),
        }
    )
    assert run.train_loss.value.tolist() == [3.0, 2.0, 1.0]
    assert run.val_loss.value.tolist() == [4.0, 3.0, 2.0]
    assert run.train_loss.step.tolist() == [1, 2, 3]
    assert np.isnan(run.series["lr"].value[1])
    assert (run.source, run.format, run.step_unit) == ("<arrays>", "arrays", "epoch")


def test_fewer_validation_values() -> None:
    """Validation values that divide the training values are spaced evenly and end with them."""
    run = read_arrays({"train_loss": np.ones(6), "val_loss": [1.0, 2.0]})
    assert run.val_loss.step.tolist() == [3, 6]


def test_own_steps() -> None:
    """Given steps are kept, those of the validation apart."""
    run = read_arrays(
        {"train_loss": [3.0, 2.0, 1.0], "val_loss": [4.0, 3.0], "val_accuracy": [0.1, 0.2]},
        steps=[10, 20, 30],
        val_steps=[15, 30],
        step_unit="step",
    )
    assert run.train_loss.step.tolist() == [10, 20, 30]
    assert run.val_loss.step.tolist() == [15, 30]
    assert run.series["val_accuracy"].step.tolist() == [15, 30]


@pytest.mark.parametrize(
    ("values", "more", "message"),
    [
        ({}, {}, "give train_loss, val_loss, or both"),
        ({"lr": [1.0]}, {}, "give train_loss, val_loss, or both"),
        ({"train_loss": []}, {}, "train_loss must be a list of at least one number"),
        ({"train_loss": 0.5}, {}, "train_loss must be a list of at least one number"),
        ({"train_loss": None}, {}, "train_loss must be a list of at least one number"),
        ({"train_loss": "abc"}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": ["a", "b"]}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": [[1.0, 2.0]]}, {}, "train_loss must be a list of at least one number"),
        ({"train_loss": [[1.0], [1.0, 2.0]]}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": [1j, 2.0]}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": np.array([1j, 2.0])}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": np.array(["2020-01-01"], "M8[D]")}, {}, "must be a list of numbers"),
        ({"train_loss": [10**400, 1]}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": {"a": 1}}, {}, "train_loss must be a list of numbers"),
        ({"train_loss": [1.0, 2.0, 3.0], "val_loss": [1.0, 2.0]}, {}, "val_loss has 2 values"),
        ({"train_loss": [1.0, 2.0]}, {"steps": [1.0]}, "2 values and 1 steps"),
        ({"train_loss": [1.0, 2.0]}, {"steps": [2.0, 1.0]}, "strictly increasing"),
        ({"train_loss": [1.0, 2.0]}, {"steps": [1.0, 1.0]}, "strictly increasing"),
        ({"train_loss": [1.0, 2.0]}, {"steps": [1.0, float("nan")]}, "finite"),
        ({"train_loss": [1.0, 2.0]}, {"steps": 5}, "steps must be a list"),
        ({"train_loss": [1.0], "val_loss": [1.0]}, {"val_steps": ["x"]}, "val_steps must be"),
    ],
)
def test_bad_arrays(values, more, message) -> None:
    """What is no list of numbers is refused in a sentence that names it."""
    with pytest.raises(DataError, match=message):
        read_arrays(values, **more)
