"""The walks in Rosenbrock's valley, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from catalog.demos.rosenbrock import OPTIMIZERS, START, settled_distance
from catalog.demos.surfaces import rosenbrock_gradient
from catalog.demos.walk import walk


def plain(name: str, lr: float, steps: int = 1000) -> np.ndarray:
    """Return all positions, with the optimizer's formula written out."""
    p, m, v = np.array([-1.5, 2.0]), np.zeros(2), np.zeros(2)
    path = [p]
    for t in range(1, steps + 1):
        x, y = p
        g = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
        if name == "Adagrad":
            v = v + g * g
            p = p - lr * g / (np.sqrt(v) + 1e-10)
        elif name == "RMSprop":
            v = 0.99 * v + 0.01 * g * g
            p = p - lr * g / (np.sqrt(v) + 1e-8)
        else:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            p = p - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        path.append(p)
    return np.array(path)


def distance(path: np.ndarray) -> float:
    """Return the median distance from (1, 1) over the last hundred positions."""
    return float(np.median(np.hypot(*(path[-100:] - 1).T)))


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("lr", [0.1, 0.01])
def test_a_walk_goes_where_plain_numpy_does(name, lr):
    """A hundred steps agree in every position; after more, RMSprop's jitter grows the rounding."""
    found = walk(OPTIMIZERS[name], rosenbrock_gradient, START, 100, lr=lr)
    np.testing.assert_allclose(found, plain(name, lr, 100), atol=1e-6)


def test_the_distance_at_the_end_is_a_median():
    """One jump of the last hundred does not change it."""
    path = np.tile([1.0, 3.0], (300, 1))
    path[-5] = [100.0, 100.0]
    path[:200] = 7.0
    assert settled_distance(path) == 2


def test_the_order_is_the_lecture_s_at_one_rate_and_not_at_another():
    """Adam is at the optimum at 0.1; at 0.01 RMSprop is nearer."""
    for lr, order in (
        (0.1, ["Adam", "RMSprop", "Adagrad"]),
        (0.01, ["RMSprop", "Adam", "Adagrad"]),
    ):
        ours = {
            name: settled_distance(walk(make, rosenbrock_gradient, START, 1000, lr=lr))
            for name, make in OPTIMIZERS.items()
        }
        theirs = {name: distance(plain(name, lr)) for name in OPTIMIZERS}
        assert sorted(ours, key=ours.__getitem__) == order
        assert sorted(theirs, key=theirs.__getitem__) == order
        assert ours["Adam"] == pytest.approx(theirs["Adam"], rel=1e-3)
        assert ours["Adagrad"] == pytest.approx(theirs["Adagrad"], rel=1e-6)
