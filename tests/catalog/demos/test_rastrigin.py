"""The walks among Rastrigin's minima, against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest

from catalog.demos import rastrigin

STARTS = np.random.default_rng(0).uniform(-5.12, 5.12, (200, 2))


def plain(name: str, lr: float, steps: int = 1000) -> np.ndarray:
    """Return where all starts end, (200, 2), with the formulas written out."""
    p, m, v = STARTS.copy(), np.zeros((200, 2)), np.zeros((200, 2))
    for t in range(steps):
        g = 2 * p + 20 * np.pi * np.sin(2 * np.pi * p)
        rate = lr * (1 - t / steps) if "decayed" in name else lr
        if "momentum" in name:
            m = 0.98 * m + 0.02 * g
            p = p - rate * m
        else:
            v = 0.99 * v + 0.01 * g * g
            p = p - rate * g / (np.sqrt(v) + 1e-8)
    return p


def ours(name: str, lr: float) -> np.ndarray:
    """Return where the demonstration's walks end."""
    return rastrigin.ARMS[name](
        rastrigin.rastrigin_gradient, rastrigin.draw_starts(), rastrigin.STEPS, lr=lr
    )[-1]


def reached(ends: np.ndarray) -> int:
    """Count the ends in the valley of the lowest minimum."""
    return int((np.abs(ends) < 0.5).all(1).sum())


@pytest.mark.parametrize(("name", "lr"), [("RMSprop", 0.01), ("momentum", 0.003)])
def test_a_walk_ends_where_plain_numpy_does(name, lr):
    """The demonstration shows the optimizers themselves, where they settle."""
    settled = np.abs(ours(name, lr) - plain(name, lr)).max(1) < 0.05
    assert settled.mean() > 0.97


def test_few_starts_agree_with_the_lecture():
    """Momentum reaches the optimum from some starts, RMSprop at a small rate from none."""
    assert reached(plain("RMSprop", 0.01)) == reached(ours("RMSprop", 0.01)) == 0
    assert 1 <= reached(ours("momentum", 0.03)) <= 20
    assert 1 <= reached(plain("momentum", 0.03)) <= 20


def test_a_schedule_changes_more_than_the_optimizer():
    """A long step that decays finds the optimum from most starts."""
    assert reached(plain("RMSprop, decayed", 1.0)) > 100
    assert reached(ours("RMSprop, decayed", 1.0)) > 100


def test_hills_are_counted_from_valley_to_valley():
    """Each whole number is a valley: three steps of one, and one of two, are five hills."""
    path = np.array([[0.1, 0.0], [1.2, 0.1], [1.9, 0.0], [2.1, 1.0], [2.0, 3.2]])
    assert rastrigin.hills(path) == 5
    assert rastrigin.last_change(path) == 4
    assert rastrigin.last_change(path[2:3]) == 0
