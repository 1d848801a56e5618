"""RMSprop, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.rmsprop.reference import RMSprop

OPTIONS = [
    {},
    {"lr": 0.05, "alpha": 0.5},
    {"lr": 0.05, "alpha": 0.0},
    {"lr": 0.05, "eps": 0.3},
    {"lr": 1e-3, "maximize": True},
    {"lr": 0.05, "weight_decay": 0.3},
    {"lr": 0.01, "momentum": 0.9},
    {"lr": 0.01, "centered": True},
    {"lr": 0.01, "alpha": 0.9, "eps": 1e-2, "centered": True},
    {"lr": 1e-3, "alpha": 0.95, "momentum": 0.9, "centered": True},
    {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.3},
    {"lr": 0.01, "centered": True, "weight_decay": 0.3},
    {"lr": 1e-3, "momentum": 0.9, "centered": True, "weight_decay": 0.3, "maximize": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's end, whatever the options."""
    torch.testing.assert_close(
        walk(RMSprop, **options), walk(torch.optim.RMSprop, **options), rtol=0, atol=1e-9
    )


def test_a_first_step_is_longer_than_the_rate():
    """The average starts at zero: with alpha 0.99 the first step is ten times lr."""
    x = torch.tensor([3.0, -200.0, 1e-3], dtype=torch.float64, requires_grad=True)
    before = x.detach().clone()
    x.grad = before.clone()
    RMSprop([x], lr=0.1, alpha=0.99, eps=0.0).step()
    torch.testing.assert_close(x.detach() - before, -1.0 * before.sign())


def test_it_forgets():
    """Long after a huge gradient the steps are as long as if it had never been."""
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = RMSprop([x], lr=0.1, alpha=0.9, eps=0.0)
    for gradient in [1e3] + [1.0] * 400:
        before = x.item()
        x.grad = torch.tensor([gradient]).double()
        optimizer.step()
    assert before - x.item() == pytest.approx(0.1, rel=1e-6)


def test_centred_steps_go_by_the_deviation_of_the_gradients():
    """With gradients of 10 ± 1 in turn, a plain step is about lr and a centred one 10 lr."""
    for centered, length in ((False, 0.1), (True, 1.0)):
        x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        optimizer = RMSprop([x], lr=0.1, alpha=0.99, eps=0.0, centered=centered)
        before = 0.0
        for t in range(2000):
            before = x.item()
            x.grad = torch.tensor([10.0 + (-1) ** t]).double()
            optimizer.step()
        # The last gradient is 9.
        assert before - x.item() == pytest.approx(0.9 * length, rel=1e-2)


def test_momentum_adds_up_steps_that_stay_the_same():
    """Under a constant gradient the steps grow to lr / (1 - β)."""
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = RMSprop([x], lr=0.1, alpha=0.5, eps=0.0, momentum=0.8)
    for _ in range(200):
        before = x.item()
        x.grad = torch.tensor([3.0]).double()
        optimizer.step()
    assert before - x.item() == pytest.approx(0.5)


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(RMSprop, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"centered": True},
        {"momentum": 0.9, "centered": True, "weight_decay": 0.3},
    ],
    ids=str,
)
def test_it_goes_on_from_a_saved_state(goes_on, options):
    """The state holds all that the next step needs."""
    assert goes_on(RMSprop, lr=0.1, **options)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"alpha": 1.0}, "alpha must be at least 0 and below 1. Got 1.0."),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1. Got 1.0."),
        ({"momentum": -0.1}, "momentum must be at least 0 and below 1. Got -0.1."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        RMSprop([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
