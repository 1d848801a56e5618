"""From findings to problem, cause, and what would settle it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose import diagnose

LN10 = math.log(10)


def level(value: float, n: int = 40, start: float = LN10) -> np.ndarray:
    """Fall from `start` to `value` in ten points and stay there."""
    return np.concatenate([np.linspace(start, value, 10), np.full(n - 10, value)])


OVERFIT_VAL = np.concatenate([np.linspace(LN10, 0.6, 12), np.linspace(0.6, 1.5, 28)])


def test_a_training_loss_above_the_linear_model_s_is_optimization_never_overfitting():
    """The key rule: whatever the validation loss does, a high training loss is judged first."""
    report = diagnose(
        train_loss=level(1.0), val_loss=level(1.3), classes=10, linear_loss=(0.1, 0.2)
    )
    assert (report.verdict.problem, report.verdict.cause) == ("underfitting", "optimization")
    assert "not overfitting" in report.verdict.summary


def test_both_problems_can_hold_at_once():
    """A high training loss under a rising validation loss is underfitting, also overfitting."""
    report = diagnose(train_loss=level(0.5), val_loss=OVERFIT_VAL, classes=10, linear_loss=0.05)
    assert report.verdict.problem == "underfitting"
    assert report.verdict.also == ("overfitting",)


def test_a_low_training_loss_with_a_rising_validation_loss_is_overfitting():
    """The validation loss's minimum is named as the best step."""
    verdict = diagnose(train_loss=level(0.01), val_loss=OVERFIT_VAL, classes=10).verdict
    assert (verdict.problem, verdict.cause, verdict.best_step) == ("overfitting", None, 12)


def test_a_training_loss_at_the_linear_model_s_with_a_close_validation_loss_is_healthy():
    """Health needs a scale and a validation loss that follows."""
    verdict = diagnose(
        train_loss=level(0.05), val_loss=level(0.12), classes=10, linear_loss=0.06
    ).verdict
    assert (verdict.problem, verdict.settle_with) == ("healthy", None)


def test_silence_is_never_health():
    """The same curves without a scale are undetermined, and the linear baseline is asked for."""
    verdict = diagnose(train_loss=level(0.05), val_loss=level(0.12)).verdict
    assert verdict.problem == "undetermined"
    assert "linear" in verdict.settle_with.measurement
    assert "linear_loss=" in verdict.settle_with.command


@pytest.mark.parametrize(
    ("arrays", "asked"),
    [
        ({"train_loss": [2.0, 1.5, 1.2]}, "longer log"),
        ({"val_loss": level(0.3)}, "training loss"),
        ({"train_loss": level(0.05), "classes": 10}, "a validation loss"),
        (
            {"train_loss": level(0.05), "val_loss": np.full(40, 0.7123456), "classes": 10},
            "measured anew",
        ),
        (
            {
                "train_loss": level(0.05),
                "val_loss": 0.3 + 0.2 * np.random.default_rng(0).standard_normal(40),
                "classes": 10,
            },
            "larger validation set",
        ),
    ],
)
def test_each_silence_names_the_measurement_that_would_end_it(arrays, asked):
    """What is missing decides what is asked for."""
    verdict = diagnose(**arrays).verdict
    assert verdict.problem == "undetermined"
    assert asked in verdict.settle_with.measurement


def test_a_narrow_network_s_cause_is_open():
    """Below the width that contains the linear model, capacity is as likely as optimization."""
    verdict = diagnose(
        train_loss=level(1.0), classes=10, linear_loss=0.1, narrowest_layer=2
    ).verdict
    assert (verdict.problem, verdict.cause) == ("underfitting", "unknown")
    assert "wider" in verdict.settle_with.measurement


def test_a_training_loss_far_above_validation_and_linear_speaks_for_regularization():
    """Dropout lifts the logged loss; a validation loss that is still too high underfits."""
    verdict = diagnose(
        train_loss=level(1.6), val_loss=level(1.1), classes=10, linear_loss=0.1
    ).verdict
    assert (verdict.problem, verdict.cause) == ("underfitting", "over-regularized")
    assert "without dropout" in verdict.settle_with.measurement


def test_an_easier_validation_set_does_not_speak_for_regularization():
    """A validation loss lower by as much from the first epoch on lies on easier examples."""
    train = np.concatenate([np.linspace(LN10, 1.6, 10), np.full(30, 1.6)])
    verdict = diagnose(train_loss=train, val_loss=train - 0.3, classes=10, linear_loss=0.1).verdict
    assert (verdict.problem, verdict.cause) == ("underfitting", "optimization")


def test_a_loss_that_still_falls_could_fall_faster_or_longer():
    """Optimized better such runs reach as low in as many steps (docs/accuracy.md)."""
    line = np.linspace(LN10, 0.5, 40)
    verdict = diagnose(train_loss=line, val_loss=line).verdict
    assert (verdict.problem, verdict.cause) == ("underfitting", "optimization")
    assert "a longer run would, too" in verdict.summary


def test_a_network_that_beats_the_linear_model_may_still_underfit():
    """A loss at half of a guess's, with no gap, is most often one that can be lowered."""
    falling = 1.2 + 1.1 * np.exp(-np.arange(40) / 8)
    verdict = diagnose(
        train_loss=falling, val_loss=falling + 0.01, classes=10, linear_loss=(1.8, 1.85)
    ).verdict
    assert (verdict.problem, verdict.because) == ("underfitting", ("OPT205",))


def test_a_gap_of_which_the_log_alone_says_too_little_is_open():
    """Neither overfitting nor health is claimed, and a linear model's losses are asked for."""
    verdict = diagnose(train_loss=level(0.02), val_loss=level(0.5)).verdict
    assert verdict.problem == "undetermined"
    assert "both splits" in verdict.settle_with.measurement


def test_a_rising_loss_under_rising_accuracy_is_no_overfitting():
    """Miscalibration is a further problem of a run whose training set is fitted."""
    accuracy = np.concatenate([np.linspace(0.1, 0.9, 12), np.linspace(0.9, 0.95, 28)])
    verdict = diagnose(
        train_loss=level(0.01), val_loss=OVERFIT_VAL, val_accuracy=accuracy,
        train_accuracy=np.minimum(1.0, accuracy + 0.05), classes=10,
    ).verdict  # fmt: skip
    assert (verdict.problem, verdict.also) == ("healthy", ("miscalibration",))


def test_a_lost_run_is_not_also_overfitting():
    """A network that learned nothing says nothing on generalization."""
    rising = np.linspace(2.31, 3.5, 40)
    verdict = diagnose(train_loss=[LN10] * 40, val_loss=rising, classes=10).verdict
    assert (verdict.problem, verdict.cause, verdict.also) == ("underfitting", "optimization", ())
