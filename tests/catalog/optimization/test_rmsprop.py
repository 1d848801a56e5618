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


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(RMSprop, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


def test_it_goes_on_from_a_saved_state(goes_on):
    """The state holds all that the next step needs."""
    assert goes_on(RMSprop, lr=0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"alpha": 1.0}, "alpha must be at least 0 and below 1. Got 1.0."),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        RMSprop([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
