"""GEN103 rising-loss-rising-accuracy."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.generalization.rising_loss_rising_accuracy import RULE, TOLERANCE

TRAIN = np.linspace(2.0, 0.01, 60)
VAL = np.concatenate([np.linspace(2, 1, 20), np.linspace(1, 1.6, 40)])


def accuracy_ending_at(end: float) -> np.ndarray:
    """Rise to 0.8 by the loss's minimum, then go to `end`."""
    return np.concatenate(
        [np.linspace(0.1, 0.8, 18), np.full(6, 0.8), np.linspace(0.8, end, 26), np.full(10, end)]
    )


@pytest.mark.parametrize(("change", "state"), [(0.03, "found"), (0.0, "found"), (-0.05, "clear")])
def test_the_accuracy_decides_what_the_rise_means(facts, change, state):
    """Rising or flat accuracy is miscalibration; falling accuracy is not."""
    curve = accuracy_ending_at(0.8 + change)
    finding = RULE.check(facts(train_loss=TRAIN, val_loss=VAL, val_accuracy=curve))
    assert finding.state == state
    assert finding.value("accuracy_change") == pytest.approx(change, abs=0.01)


@pytest.mark.parametrize(("times", "state"), [(0.8, "found"), (1.6, "clear")])
def test_a_fall_beyond_the_tolerance_is_a_fall(facts, times, state):
    """A fall within half a point counts as flat."""
    curve = accuracy_ending_at(0.8 - times * TOLERANCE.value)
    assert RULE.check(facts(train_loss=TRAIN, val_loss=VAL, val_accuracy=curve)).state == state


def test_a_validation_loss_that_does_not_rise_is_clear(facts):
    """Nothing to explain."""
    falling = np.linspace(2, 1, 60)
    finding = RULE.check(facts(train_loss=TRAIN, val_loss=falling, val_accuracy=falling / 3))
    assert finding.state == "clear"


def test_without_accuracy_it_is_not_checked(facts):
    """The loss alone cannot tell overconfidence from overfitting."""
    assert RULE.check(facts(train_loss=TRAIN, val_loss=VAL)).state == "not_checked"
