"""OPT202 above-linear-model: the key rule."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose.rules.optimization.above_linear_model import EXCESS, RULE

LN10 = math.log(10)


def level(value: float) -> np.ndarray:
    """Fall from ln 10 to `value` and stay there."""
    return np.concatenate([np.linspace(LN10, value, 10), np.full(30, value)])


@pytest.mark.parametrize(("share", "state"), [(1.02, "found"), (0.98, "clear")])
def test_the_excess_decides_near_its_limit(facts, share, state):
    """The excess is measured from the linear model towards the constant predictor."""
    end = 0.12 + share * EXCESS.value * (LN10 - 0.12)
    references = {"linear_train": 0.12, "classes": 10}
    assert RULE.check(facts(train_loss=level(end), references=references)).state == state


def test_a_bare_comparison_never_decides(facts):
    """A loss above the linear model's by a hair of the range is not above it."""
    references = {"linear_train": 0.0002, "classes": 10}
    assert RULE.check(facts(train_loss=level(0.05), references=references)).state == "clear"


def test_the_scale_of_the_loss_does_not_matter(facts):
    """Losses and references in other units give the same excess."""
    one = RULE.check(
        facts(train_loss=level(1.0), references={"linear_train": 0.2, "constant": LN10})
    )
    thousand = RULE.check(
        facts(
            train_loss=1000 * level(1.0), references={"linear_train": 200, "constant": 1000 * LN10}
        )
    )
    assert one.value("excess") == pytest.approx(thousand.value("excess"))
    assert one.value("excess") == pytest.approx((1.0 - 0.2) / (LN10 - 0.2))


def test_without_a_constant_predictor_the_first_loss_gives_the_scale(facts):
    """The scale that was used is named."""
    finding = RULE.check(facts(train_loss=level(1.0), references={"linear_train": 0.2}))
    assert finding.is_problem
    assert "the first logged loss" in finding.message


def test_a_validation_loss_below_vetoes_an_inflated_training_loss(facts):
    """Look-alike: dropout raises the logged loss; the validation loss bounds the clean one."""
    references = {"linear_train": 0.3, "classes": 10}
    inflated = facts(train_loss=level(0.9), val_loss=level(0.2), references=references)
    assert RULE.check(inflated).state == "clear"


@pytest.mark.parametrize(
    ("width", "words"),
    [(None, "at least 9 units wide"), (64, "contains that model"), (2, "capacity")],
)
def test_the_width_precondition_is_stated(facts, width, words):
    """The sentence says under which width the network contains the linear model."""
    references = {"linear_train": 0.1, "classes": 10, "narrowest_layer": width}
    finding = RULE.check(facts(train_loss=level(1.0), references=references))
    assert words in finding.message


def test_without_a_linear_model_it_is_not_checked(facts):
    """Nothing is concluded without the reference, and the option is named."""
    finding = RULE.check(facts(train_loss=level(1.0)))
    assert finding.state == "not_checked"
    assert "--linear-loss" in finding.reason
