"""The quadratic bowl, and the way down it."""

from __future__ import annotations

import pytest
import torch

from catalog.lab.data import bowl
from catalog.lab.tasks import valley
from catalog.lab.train import train


@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0])
def test_the_loss_has_the_curvatures_asked_for(angle):
    """The Hessian of the mean squared error has them as eigenvalues, along turned axes."""
    data = bowl(3, curvatures=(50.0, 2.0), angle=angle)
    for split in (data.train, data.val):
        hessian = 2 * split.x.double().T @ split.x.double() / len(split)
        values, axes = torch.linalg.eigh(hessian)
        torch.testing.assert_close(values, torch.tensor([2.0, 50.0]).double(), rtol=1e-5, atol=0)
        turn = torch.deg2rad(torch.tensor(angle)).double()
        steep = torch.stack([turn.cos(), turn.sin()])
        assert abs(float(axes[:, 1] @ steep)) == pytest.approx(1, abs=1e-6)


def test_both_splits_have_one_bottom_where_the_loss_is_zero():
    """The same weights fit both exactly, and they are 1 to 2 in size along each axis."""
    data = bowl(5, curvatures=(50.0, 2.0))
    bottoms = [
        torch.linalg.lstsq(split.x.double(), split.y.double()).solution.flatten()
        for split in (data.train, data.val)
    ]
    torch.testing.assert_close(bottoms[0], bottoms[1], rtol=0, atol=1e-5)
    assert ((bottoms[0].abs() > 1) & (bottoms[0].abs() < 2)).all()


def test_gradient_descent_goes_down_it_as_the_formula_says():
    """After t steps from zero the distance along each axis is (1 - lr * curvature)ᵗ of w*."""
    fit = train(valley(curvatures=(40.0, 1.0)).replace(lr=0.03, seed=2))
    bottom = torch.linalg.lstsq(fit.data.train.x, fit.data.train.y).solution.flatten()
    left = 1 - next(fit.model.parameters()).detach().flatten() / bottom
    torch.testing.assert_close(left, torch.tensor([(1 - 1.2) ** 100, 0.97**100]), atol=1e-5, rtol=0)
