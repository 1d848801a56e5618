"""Momentum, against torch's own, and its two forms against each other."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.momentum.reference import Momentum


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.01, "momentum": 0.9},
        {"lr": 0.03, "momentum": 0.5},
        {"lr": 1e-4, "momentum": 0.99},
        {"lr": 1e-4, "momentum": 0.9, "maximize": True},
        {"lr": 0.01, "momentum": 0.0},
        {"lr": 0.02, "momentum": 0.9, "dampening": 0.5},
        {"lr": 0.02, "momentum": 0.9, "dampening": 0.9},
        {"lr": 0.02, "momentum": 0.9, "dampening": 1.0},
        {"lr": 0.01, "momentum": 0.0, "dampening": 0.5},
        {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.3},
        {"lr": 0.01, "momentum": 0.0, "weight_decay": 0.3},
        {"lr": 0.02, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.3},
        {"lr": 1e-4, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.3, "maximize": True},
    ],
    ids=str,
)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's SGD with momentum ends."""
    torch.testing.assert_close(
        walk(Momentum, **options), walk(torch.optim.SGD, **options), rtol=0, atol=1e-12
    )


def run(gradients: torch.Tensor, **settings: object) -> list[torch.Tensor]:
    """Return the positions after steps with given gradients, from 0."""
    x = torch.zeros(gradients.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = Momentum([x], **settings)
    positions = []
    for gradient in gradients:
        x.grad = gradient.clone()
        optimizer.step()
        positions.append(x.detach().clone())
    return positions


def test_the_average_weighs_each_gradient_by_its_age():
    """Step t goes along (1 - β) Σ β^(t-i) g_i, the lecture's formula written out."""
    generator = torch.Generator().manual_seed(1)
    gradients = torch.randn(12, 3, generator=generator, dtype=torch.float64)
    positions = run(gradients, lr=0.5, momentum=0.8, averaged=True)
    steps = torch.diff(torch.stack([torch.zeros(3, dtype=torch.float64), *positions]), dim=0)
    for t in range(12):
        average = sum(0.2 * 0.8 ** (t - i) * gradients[i] for i in range(t + 1))
        torch.testing.assert_close(steps[t], -0.5 * average)


@pytest.mark.parametrize("momentum", [0.5, 0.9, 0.99])
def test_the_average_needs_a_larger_rate_by_one_over_one_minus_momentum(walk, momentum):
    """At lr / (1 - β) the average walks as the sum does at lr."""
    torch.testing.assert_close(
        walk(Momentum, lr=1e-3 / (1 - momentum), momentum=momentum, averaged=True),
        walk(Momentum, lr=1e-3, momentum=momentum),
        rtol=0,
        atol=1e-12,
    )


def test_a_penalty_pulls_the_average_as_it_pulls_the_loss(walk):
    """With `weight_decay` the average walks as with the penalty's gradient added by hand."""

    class Penalised(Momentum):
        def update(self, parameter, gradient, state, group):
            super().update(parameter, gradient + 0.3 * parameter, state, group)

    torch.testing.assert_close(
        walk(Momentum, lr=0.05, averaged=True, weight_decay=0.3),
        walk(Penalised, lr=0.05, averaged=True),
        rtol=0,
        atol=1e-12,
    )


def test_torch_s_dampening_differs_by_the_first_gradient_alone():
    """SGD of torch takes the first gradient whole; what that adds fades by β in each step."""
    gradients = torch.tensor([[3.0], [1.0], [-2.0], [0.5]], dtype=torch.float64)
    ours = run(gradients, lr=1.0, momentum=0.75, averaged=True)
    dampened = run(gradients, lr=1.0, momentum=0.75, dampening=0.75)
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.SGD([x], lr=1.0, momentum=0.75, dampening=0.75)
    extra = 0.0
    for t, gradient in enumerate(gradients):
        x.grad = gradient.clone()
        theirs.step()
        extra -= 0.75 * 3.0 * 0.75**t
        torch.testing.assert_close(x.detach() - ours[t], torch.tensor([extra]).double())
        torch.testing.assert_close(x.detach(), dampened[t])


def test_it_keeps_moving_where_the_gradient_is_zero():
    """After a gradient of one, a flat stretch is crossed in ever shorter steps."""
    positions = run(torch.tensor([[1.0], [0.0], [0.0]]).double(), lr=1.0, momentum=0.5)
    assert [float(x) for x in positions] == [-1.0, -1.5, -1.75]


@pytest.mark.parametrize(
    "options",
    [{}, {"averaged": True}, {"dampening": 0.5}, {"dampening": 0.5, "weight_decay": 0.3}],
    ids=str,
)
def test_it_goes_on_from_a_saved_state(goes_on, options):
    """The state holds all that the next step needs."""
    assert goes_on(Momentum, lr=0.1, **options)


@pytest.mark.parametrize("averaged", [False, True])
def test_a_rate_of_zero_changes_nothing(walk, averaged):
    """The neutral setting is no step."""
    positions = walk(Momentum, lr=0.0, averaged=averaged)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1. Got 1.0."),
        ({"momentum": float("nan")}, "momentum must be at least 0 and below 1. Got nan."),
        ({"dampening": -0.1}, "dampening must be from 0 to 1. Got -0.1."),
        ({"dampening": 1.5}, "dampening must be from 0 to 1. Got 1.5."),
        ({"dampening": 0.5, "averaged": True}, "dampening must be 0 if averaged. Got 0.5."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Momentum([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
