"""Nesterov momentum, against torch's own and the form with a look ahead."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.momentum.reference import Momentum
from catalog.optimization.nesterov_momentum.reference import NesterovMomentum


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.01, "momentum": 0.9},
        {"lr": 0.03, "momentum": 0.5},
        {"lr": 1e-4, "momentum": 0.9, "maximize": True},
        {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.3},
        {"lr": 0.03, "momentum": 0.5, "weight_decay": 0.1},
        {"lr": 1e-4, "momentum": 0.9, "weight_decay": 0.3, "maximize": True},
    ],
    ids=str,
)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's SGD with nesterov=True ends."""
    torch.testing.assert_close(
        walk(NesterovMomentum, **options),
        walk(torch.optim.SGD, nesterov=True, **options),
        rtol=0,
        atol=1e-12,
    )


def test_momentum_of_zero_is_gradient_descent(walk):
    """Without a past there is nothing to look ahead along."""
    torch.testing.assert_close(
        walk(NesterovMomentum, lr=0.02, momentum=0.0), walk(torch.optim.SGD, lr=0.02)
    )


def test_the_gradient_is_taken_ahead():
    """Sutskever's equations, with the gradient at θ + βv, visit the same points θ + βv."""

    def slope(x: float) -> float:
        return x**3 + 0.5 * x

    theta, v, lr, beta = 2.0, 0.0, 0.02, 0.9
    x = torch.tensor([theta], dtype=torch.float64, requires_grad=True)
    optimizer = NesterovMomentum([x], lr=lr, momentum=beta)
    for _ in range(60):
        v = beta * v - lr * slope(theta + beta * v)
        theta += v
        x.grad = slope(x.detach())
        optimizer.step()
        assert x.item() == pytest.approx(theta + beta * v, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "limit"), [(Momentum, 2 * 1.9), (NesterovMomentum, 2 * 1.9 / 2.8)]
)
def test_the_largest_stable_rate_is_about_a_third_of_that_of_plain_momentum(make, limit):
    """On a bowl of curvature 1 it is 2(1 + β) / (1 + 2β) against 2(1 + β)."""
    ends = []
    for factor in (0.98, 1.02):
        x = torch.ones(1, dtype=torch.float64, requires_grad=True)
        optimizer = make([x], lr=factor * limit, momentum=0.9)
        for _ in range(1000):
            x.grad = x.detach().clone()
            optimizer.step()
        ends.append(abs(x.item()))
    assert ends[0] < 1e-3
    assert ends[1] > 1e3


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_it_goes_on_from_a_saved_state(goes_on, weight_decay):
    """The state holds all that the next step needs."""
    assert goes_on(NesterovMomentum, lr=0.1, weight_decay=weight_decay)


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(NesterovMomentum, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1. Got 1.0."),
        ({"momentum": -0.1}, "momentum must be at least 0 and below 1. Got -0.1."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        NesterovMomentum([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
