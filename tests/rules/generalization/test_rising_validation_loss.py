"""GEN102 rising-validation-loss."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.generalization.rising_validation_loss import RISE, RULE

FALL = np.linspace(2.0, 0.1, 100)


def val_rising_to(end: float, n: int = 100) -> np.ndarray:
    """Fall from 2 to 1 in 40 points, then rise in a line to `end`, flat in the last fifteenth."""
    flat = n // 7
    return np.concatenate(
        [np.linspace(2, 1, 40), np.linspace(1, end, n - 40 - flat), np.full(flat, end)]
    )


@pytest.mark.parametrize(("times", "state"), [(1.06, "found"), (0.94, "clear")])
def test_the_rise_above_the_minimum_decides_near_its_limit(facts, times, state):
    """The end must lie more than the limit above the minimum of 1."""
    val = val_rising_to(1 + times * RISE.value)
    assert RULE.check(facts(train_loss=FALL, val_loss=val)).state == state


@pytest.mark.parametrize(("constant", "state"), [(9.0, "found"), (11.0, "clear")])
def test_a_rise_that_is_small_beside_a_guess_is_clear(facts, constant, state):
    """A rise of a tenth matters where a guess costs 9, not where it costs 11."""
    arrays = {"train_loss": FALL, "val_loss": val_rising_to(1.1)}
    assert RULE.check(facts(**arrays, references={"constant": constant})).state == state


def test_it_names_the_step_to_go_back_to_and_what_it_saves(facts):
    """The minimum is at epoch 40; going back saves half a nat and 59 of 99 epochs were in vain."""
    finding = RULE.check(facts(train_loss=FALL, val_loss=val_rising_to(1.5)))
    assert finding.is_problem
    assert finding.value("best_step") == pytest.approx(40, abs=1)
    assert finding.value("saved_loss") == pytest.approx(0.5)
    assert finding.value("wasted_share") == pytest.approx(0.6, abs=0.02)


def test_a_rise_within_noise_is_clear(facts):
    """Look-alike: a small validation set makes a minimum by chance."""
    rng = np.random.default_rng(1)
    val = np.concatenate([np.linspace(2, 1, 40), np.full(60, 1.0)])
    val += 0.1 * rng.standard_normal(100)
    assert RULE.check(facts(train_loss=FALL, val_loss=val)).state == "clear"


def test_both_losses_rising_is_no_overfitting(facts):
    """Look-alike: a divergence lifts both."""
    val = val_rising_to(1.8)
    assert RULE.check(facts(train_loss=val - 0.1, val_loss=val)).state == "clear"


def test_a_validation_loss_below_a_flat_training_loss_decides_nothing(facts):
    """Look-alike: noise in an easier validation set under a training loss that stands still."""
    finding = RULE.check(facts(train_loss=np.full(100, 3.0), val_loss=val_rising_to(1.5)))
    assert finding.severity == "note"


def test_a_loss_below_zero_can_rise(facts):
    """A density's validation loss that crosses zero upwards is found."""
    finding = RULE.check(facts(train_loss=FALL - 3, val_loss=val_rising_to(2.0) - 1.2))
    assert finding.is_problem


def test_few_points_are_not_checked(facts):
    """Five validation points show no rise."""
    assert RULE.check(facts(train_loss=FALL[:5], val_loss=FALL[:5])).state == "not_checked"


def test_the_labelled_histories_are_told_apart(histories):
    """On 419 published histories the verdict errs in at most five, as the best simple rule does."""
    from diagnose import diagnose  # noqa: PLC0415

    wrong = sum(
        (diagnose(train_loss=t, val_loss=v).verdict.problem == "overfitting") != bool(label)
        for t, v, label in zip(
            histories["train_loss"], histories["val_loss"], histories["overfit"], strict=True
        )
    )
    assert wrong <= 5
