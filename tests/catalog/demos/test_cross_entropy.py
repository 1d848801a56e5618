"""Accuracy and losses of the small classifier, against formulas in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catalog.demos import cross_entropy as demo

X, Y = (t.numpy() for t in demo.examples(0))


def probability(w: float, b: float) -> np.ndarray:
    """Return the probability of the second class."""
    return 1 / (1 + np.exp(-(w * X + b)))


@pytest.mark.parametrize(("w", "b"), [(-1.0, 0.2), (0.7, -0.4), (3.0, 1.0)])
def test_slopes_are_those_of_the_logistic_formulas(w, b):
    """Cross-entropy: mean of (p - y) x; squared error: mean of 4 (p - y) p (1 - p) x."""
    x, y = torch.tensor(X), torch.tensor(Y)
    at = torch.tensor([w, b], dtype=torch.float64)
    p = probability(w, b)
    for loss, factor in (
        (demo.cross_entropy, p - Y),
        (demo.squared_error, 4 * (p - Y) * p * (1 - p)),
    ):
        expected = [np.mean(factor * X), np.mean(factor)]
        np.testing.assert_allclose(demo.slope(loss, at, x, y), expected, rtol=1e-9, atol=1e-15)
    assert demo.accuracy(at, x, y) == pytest.approx(np.mean((p > 0.5) == Y))
    assert not demo.accuracy_slope(at, x, y).any()


def test_the_accuracy_s_difference_sees_a_step_where_there_is_one():
    """At a threshold that lies on an example the quotient is not zero."""
    x, y = torch.tensor(X), torch.tensor(Y)
    at = torch.tensor([1.0, -X[7]], dtype=torch.float64)
    slope = demo.accuracy_slope(at, x, y)
    assert abs(float(slope[1])) == pytest.approx(1 / len(X) / (2 * demo.TINY), rel=1e-6)


def test_a_sure_mistake_hurts_under_the_cross_entropy_alone():
    """Its slope is 1 - p, that of the squared error 4 (1 - p)² p."""
    p = 1 / (1 + np.exp(10.0))
    assert float(demo.mistake_slope(demo.cross_entropy)) == pytest.approx(1 - p)
    assert float(demo.mistake_slope(demo.squared_error)) == pytest.approx(4 * (1 - p) ** 2 * p)


def test_a_sweep_gives_steps_and_a_curve():
    """The error rate takes few values, multiples of one example; the cross-entropy many."""
    errors, losses = demo.sweep(1.5, torch.tensor(X), torch.tensor(Y))
    np.testing.assert_allclose(errors * len(X), np.round(errors * len(X)), atol=1e-9)
    assert len(np.unique(errors)) < 40
    assert len(np.unique(losses)) == len(losses)
    assert (np.diff(losses, 2) > 0).all()
    at = int(np.argmin(np.abs(demo.THRESHOLDS - 0.5)))
    p = probability(1.5, -0.75)
    assert losses[at] == pytest.approx(-np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p)))
    assert errors[at] == pytest.approx(np.mean((p > 0.5) != Y))


def test_outliers_are_added_and_change_nothing_else():
    """The first examples are the same with and without them."""
    far, classes = demo.examples(4)
    np.testing.assert_array_equal(far[:-4], X)
    assert (far[-4:] < -5).all()
    assert classes[-4:].tolist() == [1] * 4
