"""Gradient descent, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.gradient_descent.reference import GradientDescent


@pytest.mark.parametrize("options", [{}, {"lr": 0.02}, {"lr": 1e-3, "maximize": True}], ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where those of SGD without momentum end."""
    torch.testing.assert_close(
        walk(GradientDescent, **options), walk(torch.optim.SGD, **options), rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("curvature", [0.5, 40.0])
def test_a_rate_above_two_over_the_curvature_diverges(curvature):
    """On a bowl each step multiplies the distance by 1 - lr * curvature."""
    ends = []
    for factor in (0.99, 1.01):
        x = torch.ones(1, dtype=torch.float64, requires_grad=True)
        optimizer = GradientDescent([x], lr=factor * 2 / curvature)
        for _ in range(50):
            x.grad = curvature * x.detach()
            optimizer.step()
        ends.append(abs(x.item()))
        assert x.item() == pytest.approx((1 - 2 * factor) ** 50)
    assert ends[0] < 1 < ends[1]


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(GradientDescent, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


def test_it_goes_on_from_a_saved_state(goes_on):
    """Nothing but the settings needs to be kept."""
    assert goes_on(GradientDescent, lr=0.1)


@pytest.mark.parametrize("lr", [-1.0, float("nan")])
def test_a_bad_rate_is_named(lr):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        GradientDescent([torch.zeros(1, requires_grad=True)], lr=lr)
    assert str(error.value) == f"lr must be at least 0. Got {lr}."
