"""OPT201 stuck-at-constant-predictor."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose.rules.optimization.stuck_at_constant_predictor import LEARNED_SHARE, RULE

LN10 = math.log(10)


@pytest.mark.parametrize(("share", "state"), [(0.9, "found"), (1.1, "clear")])
def test_the_share_learned_decides_near_its_limit(facts, share, state):
    """A loss must lie far enough below the constant predictor's."""
    level = LN10 * (1 - share * LEARNED_SHARE.value)
    finding = RULE.check(facts(train_loss=[LN10, *[level] * 9], references={"classes": 10}))
    assert finding.state == state


def test_a_loss_above_the_constant_predictor_is_found(facts):
    """Worse than a constant guess is no better than it."""
    finding = RULE.check(facts(train_loss=[9.0] * 10, references={"target_variance": 4.0}))
    assert finding.is_problem
    assert "above" in finding.message


def test_loss_and_accuracy_of_a_guess_agree_without_references(facts):
    """A loss of ln 10 beside an accuracy of a tenth is a guess among ten classes."""
    noise = 0.002 * np.random.default_rng(0).standard_normal(20)
    finding = RULE.check(facts(train_loss=LN10 + noise, val_accuracy=0.1 + noise))
    assert finding.is_problem


def test_a_loss_that_never_moved_from_a_logarithm_is_found(facts):
    """Without any reference, a flat 2.3026 is the loss of a guess among ten classes."""
    finding = RULE.check(facts(train_loss=[2.3031, 2.3027, 2.3026, 2.3026, 2.3026, 2.3026]))
    assert finding.is_problem
    assert "ln 10" in finding.message


def test_a_loss_that_comes_down_from_a_poor_start_to_a_guess_is_found(facts):
    """Initialization may start above the guess; noise around it does not hide it."""
    noise = 0.004 * np.random.default_rng(0).standard_normal(30)
    loss = np.concatenate([[2.45], np.full(29, LN10)]) + noise
    assert RULE.check(facts(train_loss=loss)).is_problem


def test_a_plateau_after_a_real_fall_is_no_guess(facts):
    """Look-alike: a loss that fell from 2 and happens to rest at ln 2."""
    loss = np.concatenate([np.linspace(2.0, 0.6931, 10), np.full(40, 0.6931)])
    assert RULE.check(facts(train_loss=loss)).state == "not_checked"


def test_a_flat_loss_at_no_logarithm_is_not_checked(facts):
    """Look-alike: a fine-tuned network may start at its level; nothing says it is a guess."""
    assert RULE.check(facts(train_loss=[0.41] * 20)).state == "not_checked"


def test_a_collapse_is_left_to_the_rule_on_divergence(facts):
    """Look-alike: a loss that was low before it rose has learned something."""
    curve = [2.3, 1.0, 0.5, 0.4, *[LN10] * 8]
    assert RULE.check(facts(train_loss=curve, references={"classes": 10})).state == "clear"


def test_two_points_are_not_checked(facts):
    """Two points at the start say nothing."""
    curve = [LN10, LN10]
    finding = RULE.check(facts(train_loss=curve, references={"classes": 10}))
    assert finding.state == "not_checked"


def test_an_easier_validation_set_does_not_hide_it(facts):
    """A validation target of smaller variance lies lower from the first epoch to the last."""
    arrays = {"train_loss": np.full(30, 1.0), "val_loss": np.full(30, 0.87)}
    assert RULE.check(facts(**arrays, references={"target_variance": 1.0})).is_problem


def test_a_validation_loss_that_falls_shows_learning(facts):
    """Look-alike: strong augmentation keeps the logged training loss high."""
    arrays = {"train_loss": np.full(30, LN10), "val_loss": np.linspace(LN10, 0.5, 30)}
    assert RULE.check(facts(**arrays, references={"classes": 10})).state == "clear"
