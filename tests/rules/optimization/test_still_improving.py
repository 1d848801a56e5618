"""OPT203 still-improving."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.optimization.still_improving import RULE

LINE = np.linspace(2.0, 1.0, 40)


def test_a_steady_fall_is_found_with_its_promise(facts):
    """A line from 2 to 1 promises another quarter of its fall in a quarter more steps."""
    finding = RULE.check(facts(train_loss=LINE, val_loss=LINE + 0.1))
    assert finding.is_problem
    assert finding.value("gain") == pytest.approx(0.25)


def test_a_curve_that_has_levelled_off_is_clear(facts):
    """Look-alike: an exponential that has run out."""
    curve = 1 + np.exp(-np.arange(60) / 5)
    assert RULE.check(facts(train_loss=curve, val_loss=curve)).state == "clear"


def test_the_validation_loss_decides_where_there_is_one(facts):
    """A training loss that goes on falling under a flat validation loss is no reason to go on."""
    flat = np.concatenate([np.linspace(2, 1.4, 10), np.full(30, 1.4)])
    assert RULE.check(facts(train_loss=LINE, val_loss=flat)).state == "clear"


def test_a_decayed_learning_rate_forbids_the_promise(facts):
    """With the rate near zero the fall cannot be continued."""
    finding = RULE.check(facts(train_loss=LINE, lr=np.linspace(1, 0, 40)))
    assert finding.state == "not_checked"
    assert "learning rate" in finding.reason


def test_a_recent_drop_of_the_learning_rate_forbids_the_promise(facts):
    """Look-alike: the fall just after a drop is the drop's."""
    lr = np.concatenate([np.full(33, 0.1), np.full(7, 0.02)])
    assert RULE.check(facts(train_loss=LINE, lr=lr)).state == "not_checked"


def test_a_short_log_is_not_checked(facts):
    """Five points show no trend at the end."""
    assert RULE.check(facts(train_loss=LINE[:5])).state == "not_checked"
