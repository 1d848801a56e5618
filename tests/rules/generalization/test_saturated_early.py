"""GEN104 saturated-early."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.generalization.saturated_early import RULE


def settled_by(point: int, n: int = 100, level: float = 0.2) -> np.ndarray:
    """Fall from 2 to `level` in `point` points and stay there."""
    return np.concatenate([np.linspace(2, level, point), np.full(n - point, level)])


@pytest.mark.parametrize(("point", "state"), [(6, "found"), (20, "clear")])
def test_a_best_in_the_first_tenth_is_found(facts, point, state):
    """Both losses settle early, or they do not."""
    curve = settled_by(point)
    finding = RULE.check(facts(train_loss=curve, val_loss=curve + 0.1))
    assert finding.state == state


def test_a_training_loss_that_goes_on_falling_is_clear(facts):
    """Look-alike: the validation loss is flat, but the network still learns."""
    finding = RULE.check(
        facts(train_loss=np.linspace(2, 0.2, 100), val_loss=settled_by(6, level=1.5))
    )
    assert finding.state == "clear"


def test_a_short_log_is_not_checked(facts):
    """In fifteen points the first tenth is one point."""
    curve = settled_by(3, n=15)
    assert RULE.check(facts(train_loss=curve, val_loss=curve)).state == "not_checked"


def test_a_run_that_learned_nothing_is_clear(facts):
    """Look-alike: a loss that stays at a guess was never good."""
    stuck = settled_by(3, level=2.29)
    finding = RULE.check(facts(train_loss=stuck, val_loss=stuck, references={"classes": 10}))
    assert finding.state == "clear"
