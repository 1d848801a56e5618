"""Adagrad, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.adagrad.reference import Adagrad

OPTIONS = [
    {},
    {"lr": 0.5},
    {"lr": 0.5, "eps": 0.3},
    {"lr": 0.5, "initial_accumulator_value": 2.0},
    {"lr": 1e-3, "maximize": True},
    {"lr": 0.5, "lr_decay": 0.1},
    {"lr": 0.5, "weight_decay": 0.3},
    {"lr": 0.5, "lr_decay": 0.1, "weight_decay": 0.3, "initial_accumulator_value": 2.0},
    {"lr": 1e-3, "lr_decay": 1.0, "weight_decay": 0.3, "maximize": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's end, whatever the options."""
    torch.testing.assert_close(
        walk(Adagrad, **options), walk(torch.optim.Adagrad, **options), rtol=0, atol=1e-9
    )


def test_steps_shrink_with_the_root_of_their_number():
    """Under a constant gradient step t is lr / √t long, whatever the gradient's size."""
    x = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimizer = Adagrad([x], lr=0.7, eps=0.0)
    for t in range(1, 20):
        before = x.detach().clone()
        x.grad = torch.tensor([1e-4, -3.0, 500.0]).double()
        optimizer.step()
        expected = torch.tensor([-0.7, 0.7, -0.7]).double() / t**0.5
        torch.testing.assert_close(x.detach() - before, expected)


def test_the_decay_of_the_rate_starts_after_the_first_step():
    """Under a constant gradient step t is lr / (1 + (t - 1) κ) / √t long."""
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = Adagrad([x], lr=0.6, lr_decay=0.5, eps=0.0)
    for expected in (0.6, 0.4 / 2**0.5, 0.3 / 3**0.5, 0.24 / 2):
        before = x.item()
        x.grad = torch.tensor([7.0]).double()
        optimizer.step()
        assert before - x.item() == pytest.approx(expected)


def test_a_gradient_of_zero_moves_nothing():
    """A parameter that never had a gradient is not divided by zero."""
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.tensor([0.0, 1.0])
    Adagrad([x], lr=0.5).step()
    torch.testing.assert_close(x.detach(), torch.tensor([1.0, 0.5]))


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(Adagrad, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize("options", [{}, {"lr_decay": 0.5, "weight_decay": 0.3}], ids=str)
def test_it_goes_on_from_a_saved_state(goes_on, options):
    """The state holds all that the next step needs."""
    assert goes_on(Adagrad, lr=0.1, initial_accumulator_value=0.1, **options)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"eps": float("nan")}, "eps must be at least 0. Got nan."),
        (
            {"initial_accumulator_value": -1.0},
            "initial_accumulator_value must be at least 0. Got -1.0.",
        ),
        ({"lr_decay": -0.1}, "lr_decay must be at least 0. Got -0.1."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Adagrad([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
