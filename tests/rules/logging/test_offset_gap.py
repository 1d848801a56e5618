"""LOG104 offset-gap."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose.rules.logging.offset_gap import HOPELESS, RULE

LN10 = math.log(10)
FALL = 0.1 + 2.2 * np.exp(-np.arange(40) / 8)


def test_a_constant_offset_is_found(facts):
    """A validation loss measured with another reduction lies above from the first entry on."""
    finding = RULE.check(facts(train_loss=FALL, val_loss=FALL + 1.5))
    assert finding.state == "found"
    assert finding.value("early_gap") == pytest.approx(1.5, abs=0.3)


@pytest.mark.parametrize(("times", "state"), [(1.02, "found"), (0.98, "clear")])
def test_a_validation_loss_worse_than_a_guess_decides_near_its_limit(facts, times, state):
    """Never as good as a prediction without inputs, though the training set is fitted."""
    val = np.concatenate(
        [
            np.linspace(6, times * HOPELESS.value * LN10, 20),
            np.full(20, times * HOPELESS.value * LN10),
        ]
    )
    train = np.concatenate([[0.3], np.full(39, 0.05)])
    finding = RULE.check(facts(train_loss=train, val_loss=val, references={"classes": 10}))
    assert finding.state == state


def test_a_gap_that_grows_is_clear(facts):
    """Look-alike: overfitting starts at no gap."""
    val = np.concatenate([FALL[:10], np.linspace(FALL[9], 2.0, 30)])
    assert RULE.check(facts(train_loss=FALL, val_loss=val)).state == "clear"


def test_a_network_that_fits_within_one_entry_is_clear(facts):
    """Look-alike: fine-tuning that has learned most by its first evaluation."""
    train = np.concatenate([np.linspace(2.0, 0.2, 20), np.full(60, 0.05)])
    val = np.full(4, 1.4)
    finding = RULE.check(
        facts(train_loss=train, val_loss=val, steps=np.arange(80), val_steps=[20, 40, 60, 79])
    )
    assert finding.state == "clear"


def test_few_points_are_not_checked(facts):
    """Three validation points have no first entries."""
    assert RULE.check(facts(train_loss=[3, 2, 1], val_loss=[5, 4, 3])).state == "not_checked"


def test_a_gap_that_closes_is_clear(facts):
    """Look-alike: a steep first epoch, where the half-epoch shift overshoots."""
    train = 2 / np.arange(1, 21)
    assert RULE.check(facts(train_loss=train, val_loss=train + 0.1)).state == "clear"
