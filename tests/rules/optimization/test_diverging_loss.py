"""OPT102 diverging-loss."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose.rules.optimization.diverging_loss import RISE_SHARE, RULE


def ending_at(end: float, n: int = 100) -> np.ndarray:
    """Fall from 2 to 1 in the first half, then rise to `end` and stay there."""
    half = n // 2
    return np.concatenate(
        [
            np.linspace(2, 1, half),
            np.linspace(1, end, half // 2),
            np.full(n - half - half // 2, end),
        ]
    )


def test_a_rise_that_stays_is_found_at_its_turn(facts):
    """A loss that falls from 2 to 1 and ends at 1.9 has diverged from where it was lowest."""
    finding = RULE.check(facts(train_loss=ending_at(1.9)))
    assert finding.is_problem
    assert finding.steps[0] == pytest.approx(50, abs=2)
    assert finding.value("rise_share") == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize(("end", "state"), [(1.52, "found"), (1.48, "clear")])
def test_the_ratio_to_the_minimum_decides_near_its_limit(facts, end, state):
    """With a minimum of 1 the end must lie above 1.5 times it."""
    assert RULE.check(facts(train_loss=ending_at(end))).state == state


@pytest.mark.parametrize(("share", "state"), [(1.05, "found"), (0.95, "clear")])
def test_the_share_of_the_fall_decides_near_its_limit(facts, share, state):
    """A loss whose ratio is large must also give back enough of its fall."""
    rise = share * RISE_SHARE.value * 1.99
    curve = np.concatenate([np.linspace(2, 0.01, 45), np.full(9, 0.01), np.full(46, 0.01 + rise)])
    assert RULE.check(facts(train_loss=curve)).state == state


def test_a_collapse_to_the_constant_predictor_is_told_as_one(facts):
    """A loss that jumps to ln 10 and stays there is a collapse, where ten classes are known."""
    curve = [2.2, 1.5, 1.0, 0.5, 0.4, 0.3, *[math.log(10)] * 6]
    finding = RULE.check(facts(train_loss=curve, references={"classes": 10}))
    assert finding.is_problem
    assert "collapsed" in finding.message


def test_a_loss_that_only_rises_is_found(facts):
    """A wrong sign makes the loss rise from the first step."""
    finding = RULE.check(facts(train_loss=np.linspace(1, 10, 30)))
    assert finding.is_problem
    assert "never fell" in finding.message


def test_a_spike_that_returns_is_no_divergence(facts):
    """Look-alike: one high point in a loss that goes on falling."""
    curve = np.linspace(2, 0.5, 100)
    curve[60] = 9.0
    assert RULE.check(facts(train_loss=curve)).state == "clear"


def test_a_restart_of_the_learning_rate_is_no_divergence(facts):
    """Look-alike: warm restarts lift the loss; the end of the cycle before is judged."""
    cycle_lr = np.cos(np.linspace(0, math.pi / 2 * 0.98, 20))
    lr = np.concatenate([cycle_lr, cycle_lr, cycle_lr[:6]])
    loss = np.concatenate([np.linspace(2, 0.2, 20), np.linspace(1.5, 0.1, 20), np.full(6, 1.4)])
    assert RULE.check(facts(train_loss=loss)).state == "found"
    assert RULE.check(facts(train_loss=loss, lr=lr)).state == "clear"


def test_a_negative_loss_can_diverge(facts):
    """A density's loss below zero is judged by its fall, not by a ratio."""
    curve = np.concatenate([np.linspace(1, -2, 50), np.full(50, 0.5)])
    assert RULE.check(facts(train_loss=curve)).is_problem


def test_a_short_log_is_not_checked(facts):
    """Five points show no divergence."""
    assert RULE.check(facts(train_loss=[1, 2, 3, 4, 5])).state == "not_checked"
