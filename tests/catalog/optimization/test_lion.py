"""Lion, against the paper's algorithm written entry by entry."""

from __future__ import annotations

import math

import pytest
import torch

from catalog.optimization.lion.reference import Lion

OPTIONS = [
    {"lr": 0.01},
    {"lr": 0.01, "betas": (0.5, 0.9)},
    {"lr": 0.01, "betas": (0.95, 0.98), "weight_decay": 0.3},
    {"lr": 0.01, "betas": (0.0, 0.0)},
    {"lr": 1e-3, "maximize": True, "weight_decay": 0.1},
]


class Naive(torch.optim.Optimizer):
    """Lion on Python's own numbers, one entry at a time."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0, maximize=False):
        super().__init__(params, {"lr": lr})
        self.settings = lr, *betas, weight_decay, -1 if maximize else 1
        self.m = {}

    def step(self, closure):
        """Go through all entries."""
        closure()
        lr, beta1, beta2, decay, way = self.settings
        for number, p in enumerate(self.param_groups[0]["params"]):
            entries, gradients = p.data.view(-1), p.grad.view(-1)
            for i in range(len(entries)):
                theta, g = entries[i].item(), way * gradients[i].item()
                m = self.m.get((number, i), 0.0)
                c = beta1 * m + (1 - beta1) * g
                sign = 0.0 if c == 0 else math.copysign(1.0, c)
                entries[i] = theta - lr * (sign + decay * theta)
                self.m[number, i] = beta2 * m + (1 - beta2) * g


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_the_algorithm_does(walk, options):
    """Sixty steps end where the loop's end, whatever the options."""
    torch.testing.assert_close(walk(Lion, **options), walk(Naive, **options), rtol=0, atol=1e-9)


def test_every_weight_moves_equally_far():
    """The size of a gradient does not matter; where it is zero nothing moves."""
    x = torch.tensor([3.0, -200.0, 1e-6, 0.0], requires_grad=True)
    x.grad = x.detach().clone()
    before = x.detach().clone()
    Lion([x], lr=0.1).step()
    torch.testing.assert_close(x.detach() - before, torch.tensor([-0.1, 0.1, -0.1, 0.0]))


def test_the_scale_of_the_loss_does_not_matter(walk):
    """Two walks on one loss and on a thousand times it are one walk."""

    def scaled(params, scale):
        optimizer = Lion(params, lr=0.01)
        step = optimizer.step

        def louder(closure):
            def scaled_closure():
                closure()
                for p in params:
                    p.grad *= scale

            step(scaled_closure)

        optimizer.step = louder
        return optimizer

    torch.testing.assert_close(walk(scaled, scale=1.0), walk(scaled, scale=1024.0))


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(Lion, lr=0.0, weight_decay=0.5)
    assert torch.equal(positions[0], positions[-1])


def test_it_goes_on_from_a_saved_state(goes_on):
    """The state holds all that the next step needs."""
    assert goes_on(Lion, lr=0.1, weight_decay=0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"lr": float("nan")}, "lr must be at least 0. Got nan."),
        ({"betas": (0.9, 1.0)}, "betas must be at least 0 and below 1. Got (0.9, 1.0)."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Lion([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
