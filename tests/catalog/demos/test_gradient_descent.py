"""Gradient descent and Adagrad on the bowl, against closed forms and plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from catalog.demos.gradient_descent import ADAPTIVE, FAST, SLOW, turned
from catalog.optimization.adagrad.reference import Adagrad
from catalog.optimization.gradient_descent.reference import GradientDescent


def gradient_descent(lr: float) -> float:
    """Return the loss after 100 steps in closed form: each coordinate shrinks by 1 - lr c."""
    steep, flat = 2 * (1 - lr * 4000) ** 100, 5 * (1 - lr) ** 100
    return 0.5 * (4000 * steep**2 + flat**2)


def adagrad(degrees: float, lr: float = 1.0) -> float:
    """Return the loss after 100 steps of Adagrad on the turned bowl, step by step in numpy."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[c, -s], [s, c]])
    hessian = turn @ np.diag([4000.0, 1.0]) @ turn.T
    x, total = turn @ np.array([2.0, 5.0]), np.zeros(2)
    for _ in range(100):
        g = hessian @ x
        total += g**2
        x -= lr * g / np.sqrt(total)
    return float(0.5 * x @ hessian @ x)


@pytest.mark.parametrize("lr", [SLOW, FAST, 4.9e-4, 5.1e-4])
def test_gradient_descent_ends_where_its_closed_form_does_whatever_the_angle(lr):
    """A turned bowl with a turned start is the same walk."""
    np.testing.assert_allclose(turned(GradientDescent, lr), gradient_descent(lr), rtol=1e-6)


def test_the_small_rate_crawls_and_the_large_one_diverges():
    """As the lecture shows, on this curvature."""
    assert turned(GradientDescent, SLOW)[0] > 12
    assert turned(GradientDescent, FAST)[0] > 1e90


def test_it_diverges_beyond_twice_the_inverse_of_the_curvature():
    """2 / 4000 parts the rates that shrink the steep coordinate from those that blow it up."""
    start = 0.5 * (4000 * 4 + 25)
    assert turned(GradientDescent, 4.99e-4)[0] < start < turned(GradientDescent, 5.01e-4)[0]


@pytest.mark.parametrize("degrees", [0, 1, 20, 45, 90])
def test_adagrad_ends_where_plain_numpy_does(degrees):
    """The table and the picture show Adagrad itself."""
    np.testing.assert_allclose(turned(Adagrad, ADAPTIVE)[degrees], adagrad(degrees), rtol=1e-5)


def test_adagrad_is_far_better_along_the_axes_alone():
    """A billion times better at 0 and 90 degrees, no better at 45 at any rate."""
    ends = turned(Adagrad, ADAPTIVE)
    descent = gradient_descent(SLOW)
    assert ends[0] < 1e-9 * descent
    assert ends[90] < 1e-9 * descent
    assert min(turned(Adagrad, lr)[45] for lr in (0.1, 0.3, 1.0, 3.0, 10.0)) > 0.9 * descent
