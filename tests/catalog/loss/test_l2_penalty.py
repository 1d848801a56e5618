"""The L2 penalty, against numbers by hand, torch's SGD and ridge regression."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from catalog.loss.l2_penalty.reference import l2_penalty


def test_it_is_half_the_squared_length():
    """By hand: 0.1 / 2 (1 + 4 + 9)."""
    penalty = l2_penalty([torch.tensor([1.0, -2.0]), torch.tensor([[3.0]])], 0.1)
    assert penalty.shape == ()
    assert penalty.item() == pytest.approx(0.7)


def test_its_weight_is_torch_s_weight_decay(walk):
    """Added to the loss it moves the parameters as the argument of torch's SGD does."""

    class Penalized(torch.optim.SGD):
        def step(self, closure: Any = None) -> Tensor:
            """Add the penalty's gradient to that of the loss."""

            def penalized() -> Tensor:
                loss = closure()
                penalty = l2_penalty(self.param_groups[0]["params"], 0.5)
                penalty.backward()
                return loss + penalty

            return super().step(penalized)

    torch.testing.assert_close(
        walk(Penalized, lr=0.02), walk(torch.optim.SGD, lr=0.02, weight_decay=0.5)
    )


def test_its_minimum_in_a_linear_model_is_ridge_regression():
    """Where the gradient vanishes stands (XᵀX + λ)⁻¹ Xᵀy, for half the summed squares."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    y = torch.randn(20, generator=generator, dtype=torch.float64)
    ridge = torch.linalg.solve(x.T @ x + 0.3 * torch.eye(4).double(), x.T @ y).requires_grad_()
    loss = (x @ ridge - y).square().sum() / 2 + l2_penalty([ridge], 0.3)
    loss.backward()
    torch.testing.assert_close(ridge.grad, torch.zeros(4).double())


def test_a_weight_of_zero_adds_nothing():
    """Neither the value nor the gradient."""
    x = torch.ones(3, requires_grad=True)
    penalty = l2_penalty([x], 0.0)
    penalty.backward()
    assert penalty.item() == 0
    assert torch.equal(x.grad, torch.zeros(3))


def test_odd_parameters_are_no_trouble():
    """None gives 0, empty ones add 0, and a NaN stays visible."""
    assert l2_penalty([], 0.1).item() == 0
    assert l2_penalty([torch.zeros(0), torch.ones(2)], 1.0).item() == 1.0
    assert math.isnan(l2_penalty([torch.tensor([math.nan, 1.0])], 1.0).item())


@pytest.mark.parametrize("weight", [-0.1, float("nan")])
def test_a_bad_weight_is_named(weight):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        l2_penalty([torch.ones(1)], weight)
    assert str(error.value) == f"weight must be at least 0. Got {weight}."
