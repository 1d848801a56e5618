"""NAdam, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.nadam.reference import NAdam

OPTIONS = [
    {},
    {"lr": 0.05},
    {"lr": 0.05, "betas": (0.5, 0.9)},
    {"lr": 0.05, "eps": 0.1},
    {"lr": 0.05, "momentum_decay": 0.5},
    {"lr": 0.05, "momentum_decay": 0.0},
    {"lr": 1e-3, "maximize": True},
    {"lr": 0.05, "weight_decay": 0.3},
    {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True},
    {"lr": 0.05, "decoupled_weight_decay": True},
    {"lr": 0.05, "weight_decay": 0.3, "momentum_decay": 0.5, "betas": (0.5, 0.9)},
    {"lr": 1e-3, "weight_decay": 0.3, "maximize": True},
    {"lr": 1e-3, "weight_decay": 0.3, "decoupled_weight_decay": True, "maximize": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's end; torch keeps the product of momenta in single precision."""
    torch.testing.assert_close(
        walk(NAdam, **options), walk(torch.optim.NAdam, **options), rtol=0, atol=1e-6
    )


def test_a_first_step_weighs_the_gradient_as_the_formula_says():
    """By hand, with β₁ = 0.8, ψ = 0 and so μ = 0.4: (0.6 / 0.6 + 0.4 · 0.2 / 0.84) lr · sign."""
    x = torch.tensor([3.0, -200.0], dtype=torch.float64, requires_grad=True)
    before = x.detach().clone()
    x.grad = before.clone()
    NAdam([x], lr=0.1, betas=(0.8, 0.9), eps=0.0, momentum_decay=0.0).step()
    expected = -0.1 * (1 + 0.08 / 0.84) * before.sign()
    torch.testing.assert_close(x.detach() - before, expected)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_decoupled_decay_does_not_depend_on_the_gradients(scale):
    """Of two steps that differ in the decay alone, the difference is lr * decay * weight."""
    ends = []
    for weight_decay in (0.0, 0.5):
        x = torch.tensor([2.0, -4.0], dtype=torch.float64, requires_grad=True)
        x.grad = scale * torch.tensor([1.0, 3.0]).double()
        NAdam([x], lr=0.1, weight_decay=weight_decay, decoupled_weight_decay=True).step()
        ends.append(x.detach())
    torch.testing.assert_close(ends[1] - ends[0], -0.05 * torch.tensor([2.0, -4.0]).double())


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(NAdam, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_it_goes_on_from_a_saved_state(goes_on, weight_decay, decoupled):
    """The state holds all that the next step needs."""
    assert goes_on(NAdam, lr=0.1, weight_decay=weight_decay, decoupled_weight_decay=decoupled)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"betas": (1.0, 0.9)}, "betas must be at least 0 and below 1. Got (1.0, 0.9)."),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
        ({"momentum_decay": -1.0}, "momentum_decay must be at least 0. Got -1.0."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        NAdam([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
