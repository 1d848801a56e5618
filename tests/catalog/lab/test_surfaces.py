"""The two surfaces, and the walk over them."""

from __future__ import annotations

import pytest
import torch

from catalog.lab.recipe import Part
from catalog.lab.surfaces import FAR, RASTRIGIN, ROSENBROCK, arrivals, walk

SGD = Part(torch.optim.SGD)


@pytest.mark.parametrize("surface", [ROSENBROCK, RASTRIGIN])
def test_the_bottom_is_lowest(surface):
    """The height is 0 there and above it everywhere else on a grid."""
    side = torch.linspace(-surface.reach, surface.reach, 201, dtype=torch.float64)
    grid = torch.cartesian_prod(side, side)
    bottom = torch.tensor([surface.bottom], dtype=torch.float64)
    assert surface.height(bottom).item() == pytest.approx(0, abs=1e-12)
    away = (grid - bottom).norm(dim=1) > 1e-9
    assert (surface.height(grid[away]) > 0).all()


def test_rastrigin_s_hollows_are_where_the_numbers_are_whole():
    """At whole numbers only the bowl is left."""
    whole = torch.tensor([[1.0, 0.0], [-3.0, 4.0]], dtype=torch.float64)
    torch.testing.assert_close(RASTRIGIN.height(whole), torch.tensor([1.0, 25.0]).double())


def test_a_walk_is_that_of_each_start_alone():
    """Starts do not see each other, the rate falls in a line, and the starts stay as they were."""
    starts = torch.tensor([[1.05, 0.9], [0.2, 0.3]], dtype=torch.float64)
    kept = starts.clone()
    together = walk(ROSENBROCK, SGD, 1e-3, starts, steps=3, decays=True)
    assert torch.equal(starts, kept)
    for start, gap in zip(starts, together, strict=True):
        x, y = (float(value) for value in start)
        for lr in (1e-3, 2e-3 / 3, 1e-3 / 3):
            slope = -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)
            x, y = x - lr * slope[0], y - lr * slope[1]
        assert float(gap) == pytest.approx(((x - 1) ** 2 + (y - 1) ** 2) ** 0.5, abs=1e-12)


def test_a_walk_that_leaves_for_good_is_cut_off():
    """Neither infinity nor NaN comes back."""
    gaps = walk(ROSENBROCK, SGD, 10.0, torch.full((2, 2), 1.5).double(), steps=20)
    assert gaps.tolist() == [FAR, FAR]


def test_the_best_rate_counts():
    """A rate that goes nowhere beside a good one changes nothing."""
    one = arrivals(3, ROSENBROCK, SGD, (1e-4,), steps=100)
    assert arrivals(3, ROSENBROCK, SGD, (10.0, 1e-4), steps=100) == one
    assert arrivals(4, ROSENBROCK, SGD, (1e-4,), steps=100) != one
