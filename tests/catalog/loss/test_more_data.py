"""More data: the law that says what they will bring, and a recipe with more of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import few, short
from catalog.loss.more_data.experiment import apply, interpolating
from catalog.loss.more_data.reference import LearningCurve, fit_learning_curve


@pytest.mark.parametrize(("beta", "floor"), [(-0.5, 0.0), (-0.2, 0.7), (0.1, 0.0)])
def test_a_power_law_is_found_again(beta, floor):
    """Losses made by the formula give back its numbers."""
    sizes = [100, 250, 1000, 4000]
    curve = fit_learning_curve(sizes, [3.0 * m**beta + floor for m in sizes], floor)
    assert curve == pytest.approx((3.0, beta, floor), rel=1e-9)


def test_the_fit_is_numpy_s_line_in_logarithms():
    """Losses off the law are fitted as numpy fits a straight line."""
    sizes, losses = np.array([50.0, 100.0, 400.0, 900.0]), np.array([0.9, 0.7, 0.25, 0.2])
    slope, intercept = np.polyfit(np.log(sizes), np.log(losses), 1)
    curve = fit_learning_curve(sizes.tolist(), losses.tolist())
    assert (curve.beta, curve.alpha) == pytest.approx((slope, math.exp(intercept)), rel=1e-9)


def test_loss_and_examples_are_inverse():
    """The number of examples for a loss is where the curve takes that loss."""
    curve = LearningCurve(2.0, -0.4, 0.1)
    assert curve.loss(curve.examples(0.3)) == pytest.approx(0.3)
    assert curve.loss(1) == pytest.approx(2.1)
    assert curve.examples(0.1) == math.inf
    assert LearningCurve(2.0, 0.1, 0.0).examples(0.5) == math.inf


@pytest.mark.parametrize(
    ("examples", "losses", "message"),
    [
        (
            (10, 10),
            (1.0, 1.0),
            "examples must be at least two different sizes above 0, one for each loss."
            " Got (10, 10).",
        ),
        ((10, 20), (1.0, 0.2), "losses must be above the floor 0.2. Got (1.0, 0.2)."),
        ((10, 20), (1.0, math.nan), "losses must be above the floor 0.2. Got (1.0, nan)."),
    ],
)
def test_bad_points_are_named(examples, losses, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        fit_learning_curve(examples, losses, floor=0.2)
    assert str(error.value) == message


def test_the_steps_and_the_validation_set_stay():
    """Twice the examples in batches get half the epochs, and are validated on the same ones."""
    before, after = short(), apply(short())
    assert len(after.peek().train) == 2 * len(before.peek().train) == 600
    assert (after.epochs, after.evaluate_every) == (5, 5)
    assert after.peek().val.x.equal(before.peek().val.x)
    assert apply(few()).epochs == few().epochs


def test_where_there_are_no_more_it_says_so():
    """Data that are used up are not doubled."""
    with pytest.raises(NotApplicable) as refusal:
        apply(interpolating(200))
    assert str(refusal.value) == (
        "the data do not have 400 training examples: n_train must be from 2 to 221. Got 400."
    )


def test_a_factor_that_adds_nothing_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="factor") as error:
        apply(few(), factor=1.0)
    assert str(error.value) == "factor must be above 1. Got 1.0."
