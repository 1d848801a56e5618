"""OPT205 high-training-loss."""

from __future__ import annotations

import math

import numpy as np

from diagnose.rules.optimization.high_training_loss import LIKELY, RULE

LN10 = math.log(10)
REFERENCES = {"classes": 10, "linear_train": 1.5, "linear_val": 1.6}


def level(value: float, n: int = 40) -> np.ndarray:
    """Fall from ln 10 towards `value`, ever slower."""
    return value + (LN10 - value) * np.exp(-np.arange(n) / 8)


def test_it_is_found_from_the_limit_on(facts):
    """As the loss rises the probability passes the limit, and there it is found."""
    seen = []
    for end in np.linspace(0.02, 1.45, 150):
        run = facts(train_loss=level(end), val_loss=level(end + 0.1), references=REFERENCES)
        finding = RULE.check(run)
        seen.append((finding.value("probability") >= LIKELY.value, finding.state == "found"))
    assert seen == sorted(seen)
    assert set(seen) == {(False, False), (True, True)}


def test_the_end_of_the_run_is_named(facts):
    """It is a matter of where the run ended."""
    run = facts(train_loss=level(1.4), val_loss=level(1.4), references=REFERENCES)
    assert RULE.check(run).steps == (40.0,)


def test_a_low_training_loss_under_a_wide_gap_is_none(facts):
    """Look-alike: the validation loss is as high, but the training set is fitted."""
    run = facts(train_loss=level(0.02), val_loss=level(1.4), references=REFERENCES)
    assert RULE.check(run).state == "clear"


def test_without_a_linear_model_it_is_not_checked(facts):
    """The log alone does not tell a high loss from a high floor."""
    run = facts(train_loss=level(1.4), val_loss=level(1.4), references={"classes": 10})
    assert RULE.check(run).state == "not_checked"


def test_on_a_short_log_it_is_not_checked(facts):
    """Three points are too few."""
    run = facts(train_loss=[2, 1.5, 1.4], val_loss=[2, 1.5, 1.4], references=REFERENCES)
    assert RULE.check(run).state == "not_checked"
