"""Surfaces and walks, against finite differences and plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catalog.demos import surfaces
from catalog.demos.walk import walk
from catalog.lab.surfaces import rastrigin, rosenbrock

SURFACES = [
    (surfaces.bowl, surfaces.bowl_gradient, {}),
    (surfaces.bowl, surfaces.bowl_gradient, {"angle": 0.6}),
    (rosenbrock, surfaces.rosenbrock_gradient, {}),
    (rastrigin, surfaces.rastrigin_gradient, {}),
]


@pytest.mark.parametrize(("value", "gradient", "settings"), SURFACES)
def test_a_gradient_is_that_of_its_surface(value, gradient, settings):
    """It agrees with differences of the values, at many points at once."""
    points = torch.tensor(np.random.default_rng(3).uniform(-2, 2, (5, 4, 2)))
    found = gradient(points, **settings)
    assert found.shape == points.shape
    for axis in (0, 1):
        step = torch.zeros(2, dtype=torch.float64)
        step[axis] = 1e-6
        quotient = (value(points + step, **settings) - value(points - step, **settings)) / 2e-6
        torch.testing.assert_close(found[..., axis], quotient, rtol=1e-6, atol=1e-3)


def test_the_surfaces_have_their_known_values():
    """The optima are where the literature has them, and one value each is computed by hand."""
    assert rosenbrock(torch.tensor([1.0, 1.0])) == 0
    assert rosenbrock(torch.tensor([-1.5, 2.0])) == pytest.approx(6.25 + 100 * 0.0625)
    assert rastrigin(torch.tensor([0.0, 0.0])) == 0
    assert rastrigin(torch.tensor([0.5, 1.0])) == pytest.approx(0.25 + 20 + 1)
    assert surfaces.bowl(torch.tensor([2.0, 5.0])) == pytest.approx(0.5 * (4000 * 4 + 25))


def test_a_turned_bowl_is_the_bowl_at_turned_points():
    """A quarter turn swaps the steep and the flat coordinate."""
    point = torch.tensor([2.0, 5.0], dtype=torch.float64)
    turned = surfaces.bowl(point, angle=np.pi / 2)
    assert float(turned) == pytest.approx(0.5 * (4000 * 25 + 4))


def test_a_walk_keeps_every_position_and_follows_its_schedule():
    """The start comes first; the factor is multiplied to the rate at each step."""
    path = walk(
        torch.optim.SGD,
        torch.ones_like,
        [10.0, 20.0],
        3,
        lr=1.0,
        schedule=lambda t, total: t / total,
    )
    np.testing.assert_allclose(path[:, 0], [10, 10, 10 - 1 / 3, 10 - 1])
    np.testing.assert_allclose(path[:, 1] - path[:, 0], 10)


def test_a_walk_leaves_its_start_alone():
    """The start that was passed in is not moved."""
    start = np.ones(2)
    walk(torch.optim.SGD, torch.ones_like, start, 2, lr=1.0)
    np.testing.assert_array_equal(start, 1)
