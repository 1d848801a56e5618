"""OPT101 non-finite-loss."""

from __future__ import annotations

import math

import pytest

from diagnose.rules.optimization.non_finite_loss import RULE

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_a_loss_that_stays_non_finite_is_a_problem(facts, bad):
    """A training loss that turns NaN or infinite for good is found, at its first step."""
    finding = RULE.check(facts(train_loss=[2.0, 1.0, 0.5, bad, bad, bad], lr=[0.1] * 6))
    assert finding.is_problem
    assert finding.steps == (4.0,)
    assert finding.value("last_finite_loss") == 0.5
    assert finding.value("lr_there") == 0.1


def test_a_point_that_the_run_recovers_from_is_a_warning(facts):
    """One NaN in the middle of a long run does not decide the verdict."""
    finding = RULE.check(facts(train_loss=[2, 1, NAN, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.2]))
    assert (finding.state, finding.severity) == ("found", "warning")
    assert finding.value("non_finite_points") == 1


def test_a_validation_loss_alone_is_a_warning(facts):
    """A NaN in the validation loss says nothing on the weights: the training loss is finite."""
    finding = RULE.check(facts(train_loss=[2, 1, 0.5, 0.4], val_loss=[2, NAN, NAN, NAN]))
    assert (finding.state, finding.severity) == ("found", "warning")
    assert "validation" in finding.message


def test_finite_losses_are_clear_however_large(facts):
    """A huge but finite number is no non-finite loss."""
    assert RULE.check(facts(train_loss=[1e300, 1e299, -5.0])).state == "clear"
