"""GEN101 generalization-gap."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from diagnose.rules.generalization.generalization_gap import (
    ACCURACY,
    LIKELY,
    RULE,
    SHARE,
)

LN10 = math.log(10)


def level(value: float, n: int = 40) -> np.ndarray:
    """Fall from ln 10 to `value` in ten points and stay there."""
    return np.concatenate([np.linspace(LN10, value, 10), np.full(n - 10, value)])


def gap_of(facts, gap: float, **more):
    """Check a run whose training loss is 0.05 and whose validation loss lies `gap` above it."""
    given = {
        "train_loss": level(0.05),
        "val_loss": level(0.05 + gap),
        "references": {"classes": 10},
    }
    return RULE.check(facts(**(given | more)))


@pytest.mark.parametrize(("times", "state"), [(1.05, "found"), (0.95, "clear")])
def test_the_share_of_the_range_decides_near_its_limit(facts, times, state):
    """The gap counts as a share of the constant predictor's loss."""
    assert gap_of(facts, times * SHARE.value * LN10).state == state


LINEAR = {"classes": 10, "linear_train": 0.1, "linear_val": 0.3}


def test_the_probability_of_overfitting_decides(facts):
    """As the gap widens the probability passes the limit, and there a warning becomes a problem."""
    seen = []
    for gap in np.linspace(0.25, 1.2, 200):
        finding = gap_of(facts, gap, references=LINEAR)
        seen.append((finding.value("probability") >= LIKELY.value, finding.severity == "problem"))
    assert seen == sorted(seen)
    assert set(seen) == {(False, False), (True, True)}


def test_a_wide_gap_over_a_high_training_loss_decides_nothing(facts):
    """Where the training loss is above a linear model's, a gap is no overfitting yet."""
    references = {"classes": 10, "linear_train": 0.1}
    finding = gap_of(facts, 1.2, train_loss=level(0.9), val_loss=level(2.1), references=references)
    assert finding.severity == "warning"


def test_accuracies_decide_where_the_losses_leave_it_open(facts):
    """Between both limits a wide gap of the accuracies is overfitting, and a narrow one is not."""
    fitted = {"train_accuracy": np.full(40, 1.0)}
    near = fitted | {"val_accuracy": np.full(40, 1.0 - 0.5 * ACCURACY.value)}
    far = fitted | {"val_accuracy": np.full(40, 1.0 - 2.0 * ACCURACY.value)}
    open_gap = next(
        gap
        for gap in np.linspace(0.25, 1.2, 200)
        if facts(
            train_loss=level(0.05), val_loss=level(0.05 + gap), references={"classes": 10}
        ).odds.is_overfitting
        is None
    )
    assert gap_of(facts, open_gap, **near).severity == "warning"
    assert gap_of(facts, open_gap, **far).severity == "problem"


def test_the_half_epoch_shift_is_undone(facts):
    """Look-alike: an epoch mean lags; a loss and the same loss half an epoch later have no gap."""

    def curve(t):
        return 2 * np.exp(-t / 3) + 0.1

    epochs = np.arange(1, 21)
    mean_of_epoch = np.array([curve(np.linspace(e - 1, e, 100)).mean() for e in epochs])
    at_its_end = curve(epochs)
    assert mean_of_epoch[3] - at_its_end[3] > 0.08
    finding = RULE.check(facts(train_loss=mean_of_epoch, val_loss=at_its_end))
    assert abs(finding.value("gap")) < 0.01


def test_losses_below_zero_have_a_gap_too(facts):
    """A density's losses: the gap is a difference, whatever their sign."""
    finding = RULE.check(facts(train_loss=level(-2.0), val_loss=level(-0.5)))
    assert finding.value("gap") == pytest.approx(1.5)
    assert finding.state == "found"


def test_a_smoothed_target_s_floor_is_subtracted(facts):
    """Look-alike: label smoothing keeps the training loss at its floor of 0.5."""
    references = {"classes": 10, "label_smoothing": 0.1}
    finding = RULE.check(
        facts(train_loss=level(0.5003), val_loss=level(0.6), references=references)
    )
    assert finding.value("gap") == pytest.approx(0.6, abs=0.01)


def test_validation_at_its_own_steps_is_compared_by_step(facts):
    """A validation loss every tenth step meets the training loss of that step."""
    train = np.linspace(2.0, 1.0, 101)
    finding = RULE.check(
        facts(
            train_loss=train,
            val_loss=train[10::10] + 0.3,
            steps=np.arange(101),
            val_steps=np.arange(10, 101, 10),
            references={"clean_train_loss": True},
        )
    )
    assert finding.value("gap") == pytest.approx(0.3, abs=0.02)


def test_without_validation_loss_it_is_not_checked(facts):
    """No gap without two losses."""
    assert RULE.check(facts(train_loss=level(0.1))).state == "not_checked"


def test_a_sum_and_a_mean_have_no_gap(facts):
    """Losses of two scales are not compared."""
    made = facts(train_loss=30 * level(0.05), val_loss=level(0.05))
    made.run = dataclasses.replace(made.run, is_comparable=False)
    assert RULE.check(made).state == "not_checked"
