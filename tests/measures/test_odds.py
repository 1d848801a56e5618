"""How likely a run is to underfit and to overfit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnose.measures import odds
from diagnose.measures.facts import Facts
from diagnose.readers.arrays import read_arrays
from diagnose.references import References

LINEAR = References(constant=math.log(10), linear_train=0.4, linear_val=0.5)


def level(value: float, n: int = 40) -> np.ndarray:
    """Fall from ln 10 to `value` in ten points and stay there."""
    return np.concatenate([np.linspace(math.log(10), value, 10), np.full(n - 10, value)])


def facts(train, val, references: References = LINEAR) -> Facts:
    """Return the facts on two curves."""
    return Facts(read_arrays({"train_loss": train, "val_loss": val}), references)


def test_the_probability_is_the_logistic_function_of_the_weighted_terms():
    """Against the formula, written out with the weights as they are stored."""
    run = facts(level(0.5), level(0.9))
    made = run.odds
    weights = odds._weights()["with a linear model"]["overfitting"]
    total = weights["intercept"] + sum(weights[name] * v for name, v in made.terms.items())
    assert made.overfitting == pytest.approx(1 / (1 + math.exp(-total)))


def test_the_terms_are_shares_of_the_constant_predictor_s_loss():
    """Each level by hand, of curves that end flat."""
    made = facts(level(0.5), level(0.9)).odds.terms
    top = math.log(10)
    assert made["training loss"] == pytest.approx(math.log(0.5 / top + odds.SMALLEST))
    assert made["gap"] == pytest.approx(math.log(0.4 / top + odds.SMALLEST))
    assert made["above the linear model"] == pytest.approx(0.1 / top)
    assert made["rise of the validation loss"] == pytest.approx(math.log(odds.SMALLEST))


@given(st.floats(0.001, 1000))
def test_the_unit_of_the_loss_does_not_matter(unit):
    """All losses times a number give the same odds."""
    references = References(
        constant=unit * math.log(10), linear_train=unit * 0.4, linear_val=unit * 0.5
    )
    scaled = facts(unit * level(0.5), unit * level(0.9), references).odds
    assert scaled.underfitting == pytest.approx(facts(level(0.5), level(0.9)).odds.underfitting)


def test_a_higher_training_loss_is_likelier_to_be_underfitting():
    """With the same gap, each step up raises the probability."""
    seen = [facts(level(v), level(v + 0.1)).odds.underfitting for v in (0.05, 0.4, 0.9, 1.6)]
    assert seen == sorted(seen)


def test_a_wider_gap_is_likelier_to_be_overfitting():
    """Over the same training loss, each step wider raises the probability."""
    seen = [facts(level(0.05), level(0.05 + g)).odds.overfitting for g in (0.05, 0.3, 0.8, 1.6)]
    assert seen == sorted(seen)


def test_the_log_alone_never_shows_a_high_training_loss():
    """The entropy of language is a floor that no log tells of."""
    made = facts(level(1.6), level(1.61), References()).odds
    assert made.evidence == "log alone"
    assert made.is_low is None


@pytest.mark.parametrize(
    ("train", "val"), [([1, 2, 3], [1, 2, 3]), (-level(0.5), -level(0.4)), ([0.0] * 9, [0.0] * 9)]
)
def test_without_points_or_a_positive_scale_there_are_no_odds(train, val):
    """Short logs, densities and losses of zero have no share of a scale."""
    assert facts(train, val, References()).odds is None
