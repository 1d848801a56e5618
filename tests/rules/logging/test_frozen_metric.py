"""LOG101 frozen-metric."""

from __future__ import annotations

import numpy as np

from diagnose.rules.logging.frozen_metric import RULE

MOVING = np.linspace(2.0, 0.51237, 30)


def test_one_value_again_and_again_is_found(facts):
    """A cached validation loss is exactly the same each epoch."""
    finding = RULE.check(facts(train_loss=MOVING, val_loss=np.full(30, 1.7342981)))
    assert finding.state == "found"
    assert finding.value("equal_points") == 30
    assert "validation" in finding.message


def test_a_loss_that_freezes_midway_is_found_at_its_step(facts):
    """The first of the equal entries is named."""
    loss = MOVING.copy()
    loss[12:] = loss[12]
    finding = RULE.check(facts(train_loss=loss))
    assert finding.steps == (13.0,)


def test_rounded_values_may_repeat(facts):
    """Look-alike: a converged loss printed with three decimals."""
    loss = np.round(np.concatenate([np.linspace(0.5, 0.012, 20), np.full(20, 0.0118)]), 3)
    assert RULE.check(facts(train_loss=loss)).state == "clear"


def test_five_equal_values_are_not_enough(facts):
    """Chance repeats a value now and then."""
    loss = MOVING.copy()
    loss[10:15] = loss[10]
    assert RULE.check(facts(train_loss=loss)).state == "clear"


def test_zeros_are_not_frozen(facts):
    """Look-alike: a loss that has underflowed."""
    loss = np.concatenate([MOVING, np.zeros(10)])
    assert RULE.check(facts(train_loss=loss)).state == "clear"
