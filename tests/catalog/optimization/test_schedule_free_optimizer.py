"""Schedule-free optimizers, against the equations written out and the properties they promise."""

from __future__ import annotations

import math

import pytest
import torch

from catalog.optimization.schedule_free_optimizer.reference import (
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
)

BOTH = pytest.mark.parametrize("make", [ScheduleFreeSGD, ScheduleFreeAdamW])


def slope(y: float, t: int) -> float:
    """Return a gradient that curves and jitters."""
    return y**3 + 0.5 * y + 0.3 * math.cos(7 * t)


@pytest.mark.parametrize("warmup", [0, 7])
@pytest.mark.parametrize("adaptive", [False, True])
def test_it_follows_the_equations(adaptive, warmup):
    """Sixty steps of one number, computed with plain arithmetic."""
    lr, beta, beta2, eps, decay = 0.05, 0.8, 0.95, 1e-3, 0.1
    parameter = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    common = {"lr": lr, "weight_decay": decay, "warmup_steps": warmup}
    optimizer = (
        ScheduleFreeAdamW([parameter], betas=(beta, beta2), eps=eps, **common)
        if adaptive
        else ScheduleFreeSGD([parameter], momentum=beta, **common)
    )
    x = z = y = 2.0
    v = squares = 0.0
    for t in range(1, 61):
        g = slope(y, t)
        v = beta2 * v + (1 - beta2) * g * g
        d = g / (math.sqrt(v / (1 - beta2**t)) + eps) if adaptive else g
        gamma = lr * (min(1, t / warmup) if warmup else 1)
        z = z - gamma * (d + decay * y)
        squares += gamma**2
        x = x + gamma**2 / squares * (z - x)
        y = (1 - beta) * z + beta * x
        parameter.grad = torch.tensor([slope(parameter.item(), t)], dtype=torch.float64)
        optimizer.step()
        assert parameter.item() == pytest.approx(y, abs=1e-9)
    optimizer.eval()
    assert parameter.item() == pytest.approx(x, abs=1e-9)


def test_without_momentum_it_averages_plain_descent(walk):
    """At β = 0 the gradients are those of SGD, and the result is the mean of its positions."""
    kept = []

    class Watched(ScheduleFreeSGD):
        def step(self, closure):
            """Note the average."""
            result = super().step(closure)
            kept.append(torch.cat([self.state[p]["x"].flatten() for p in self.parameters()]))
            return result

        def parameters(self):
            """Return what is trained."""
            return self.param_groups[0]["params"]

    positions = walk(torch.optim.SGD, lr=0.02)
    torch.testing.assert_close(walk(Watched, lr=0.02, momentum=0.0), positions)
    torch.testing.assert_close(kept[-1], positions.mean(0))


@BOTH
def test_training_and_evaluation_are_two_places(make):
    """Going there and back, once or twice, changes nothing; a step at the average is refused."""
    x = torch.ones(3, requires_grad=True)
    idle = torch.ones(2, requires_grad=True)
    optimizer = make([x, idle], lr=0.1)
    optimizer.eval()
    optimizer.train()
    for scale in (1.0, -2.0, 0.5):
        x.grad = torch.tensor([1.0, 2.0, -1.0]) * scale
        optimizer.step()
    trained = x.detach().clone()
    for _ in range(2):
        optimizer.eval()
        assert torch.equal(x, optimizer.state[x]["x"])
    assert not torch.equal(x, trained)
    with pytest.raises(RuntimeError) as error:
        optimizer.step()
    assert str(error.value) == "call train() before a step: the parameters hold the average."
    for _ in range(2):
        optimizer.train()
        assert torch.equal(x, trained)
    assert torch.equal(idle, torch.ones(2))


@BOTH
def test_a_rate_of_zero_changes_nothing(walk, make):
    """The neutral setting is no step, and no division of zero by zero."""
    positions = walk(make, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@BOTH
def test_it_goes_on_from_a_saved_state(goes_on, make):
    """The state holds all that the next step needs."""
    assert goes_on(make, lr=0.1, warmup_steps=4)


@pytest.mark.parametrize(
    ("make", "settings", "message"),
    [
        (ScheduleFreeSGD, {"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        (ScheduleFreeSGD, {"momentum": 1.1}, "momentum must be from 0 to 1. Got 1.1."),
        (ScheduleFreeSGD, {"weight_decay": -1.0}, "weight_decay must be at least 0. Got -1.0."),
        (ScheduleFreeSGD, {"warmup_steps": -1}, "warmup_steps must be at least 0. Got -1."),
        (
            ScheduleFreeAdamW,
            {"betas": (0.9, 1.0)},
            "the second of betas must be at least 0 and below 1. Got (0.9, 1.0).",
        ),
        (ScheduleFreeAdamW, {"eps": -1.0}, "eps must be at least 0. Got -1.0."),
    ],
)
def test_a_bad_setting_is_named(make, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        make([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
