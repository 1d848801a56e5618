"""Decoupled weight decay, against torch's AdamW and torch's SGD."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch

from catalog.optimization.weight_decay.reference import add_weight_decay


def decayed(params: Any, base: Any, weight_decay: float, **settings: Any) -> torch.optim.Optimizer:
    """Return an optimizer of torch's with our decay."""
    return add_weight_decay(base(params, **settings), weight_decay)


def test_added_to_adam_it_is_adamw(walk):
    """Adam of torch with our decay walks as torch's AdamW does."""
    torch.testing.assert_close(
        walk(decayed, base=torch.optim.Adam, lr=0.05, weight_decay=0.5),
        walk(torch.optim.AdamW, lr=0.05, weight_decay=0.5),
        rtol=0,
        atol=1e-9,
    )


def test_added_to_plain_descent_it_is_the_l2_penalty(walk):
    """SGD of torch has a penalty, and without momentum the two are one."""
    torch.testing.assert_close(
        walk(decayed, base=torch.optim.SGD, lr=0.02, weight_decay=0.5),
        walk(torch.optim.SGD, lr=0.02, weight_decay=0.5),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("settings", [{"lr": 0.01, "momentum": 0.9}, {"lr": 0.05}], ids=str)
def test_added_to_another_optimizer_it_is_not(walk, settings):
    """With momentum, and more so in Adam, the penalty is something else."""
    make = torch.optim.SGD if "momentum" in settings else torch.optim.Adam
    gap = walk(decayed, base=make, weight_decay=0.5, **settings) - walk(
        make, weight_decay=0.5, **settings
    )
    assert gap.abs().max() > 1e-3


def test_a_decay_of_zero_changes_nothing(walk):
    """The neutral setting is the optimizer itself."""
    assert torch.equal(
        walk(decayed, base=torch.optim.SGD, lr=0.02, weight_decay=0.0),
        walk(torch.optim.SGD, lr=0.02),
    )


def test_it_decays_what_it_is_told_to():
    """Parameters of too few dimensions, or without a gradient, stay; each group has its own."""
    weight, bias, idle = (torch.ones(2, 2), torch.ones(2), torch.ones(2, 2))
    optimizer = torch.optim.SGD([{"params": [weight, bias]}, {"params": [idle]}], lr=0.5)
    assert add_weight_decay(optimizer, 0.2, min_dim=2) is optimizer
    weight.grad, bias.grad = torch.zeros(2, 2), torch.zeros(2)
    optimizer.step()
    assert torch.equal(weight, torch.full((2, 2), 0.9))
    assert torch.equal(bias, torch.ones(2))
    assert torch.equal(idle, torch.ones(2, 2))
    idle.grad = torch.zeros(2, 2)
    optimizer.param_groups[1]["decay"] = 1.0
    optimizer.step()
    assert torch.equal(idle, torch.full((2, 2), 0.5))


def test_it_follows_the_schedule():
    """The shrinkage goes with the rate of the step."""
    x = torch.ones(1)
    x.grad = torch.zeros(1)
    optimizer = add_weight_decay(torch.optim.SGD([x], lr=0.5), 1.0)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    assert x.item() == 0.5 * 0.75


def test_the_strength_is_saved():
    """A state that is loaded brings its own strength."""
    x = torch.ones(1)
    x.grad = torch.zeros(1)
    saved = io.BytesIO()
    torch.save(add_weight_decay(torch.optim.SGD([x], lr=0.5), 1.0).state_dict(), saved)
    saved.seek(0)
    copy = add_weight_decay(torch.optim.SGD([x], lr=0.1), 0.0)
    copy.load_state_dict(torch.load(saved, weights_only=True))
    copy.step()
    assert x.item() == 0.5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
        ({"min_dim": -1}, "min_dim must be at least 0. Got -1."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        add_weight_decay(torch.optim.SGD([torch.zeros(1)], lr=0.1), **settings)
    assert str(error.value) == message
