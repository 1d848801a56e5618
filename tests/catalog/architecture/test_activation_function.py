"""Activation functions, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.activation_function.experiment import SIGMOID, apply
from catalog.architecture.activation_function.reference import (
    ELU,
    GELU,
    LeakyReLU,
    PReLU,
    SiLU,
    gelu,
    prelu,
    silu,
)
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, rows

PAIRS = [
    (LeakyReLU(), nn.LeakyReLU()),
    (LeakyReLU(0.3), nn.LeakyReLU(0.3)),
    (PReLU(), nn.PReLU()),
    (PReLU(4, init=0.1), nn.PReLU(4, init=0.1)),
    (ELU(), nn.ELU()),
    (ELU(0.5), nn.ELU(0.5)),
    (GELU(), nn.GELU()),
    (GELU("tanh"), nn.GELU("tanh")),
    (SiLU(), nn.SiLU()),
]
each_pair = pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda unit: repr(unit))


def drawn():
    """Draw (3, 4, 5) float64 numbers on both sides of zero, zero and large ones among them."""
    x = 3 * torch.randn(3, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    x[0, 0, :4] = torch.tensor([0.0, -0.0, 800.0, -800.0])
    return x


@each_pair
def test_it_is_torch_s_unit(ours, theirs):
    """Value and gradients agree, at zero and far from it too."""
    results = []
    for unit in (ours.double(), theirs.double()):
        x = drawn().requires_grad_()
        y = unit(x)
        grads = torch.autograd.grad((y * torch.cos(x.detach())).sum(), [x, *unit.parameters()])
        results.append([y, *grads])
    for mine, other in zip(*results, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-9)


@each_pair
def test_weights_go_both_ways(ours, theirs):
    """The state has torch's names."""
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())


@each_pair
def test_nan_stays_nan(ours, theirs):
    """A broken input is not hidden."""
    x = torch.full((1, 4), float("nan"), dtype=torch.float64)
    assert ours.double()(x).isnan().all()
    assert theirs.double()(x).isnan().all()


def test_a_slope_of_one_is_the_identity():
    """The neutral setting passes everything."""
    assert torch.equal(LeakyReLU(1.0)(drawn()), drawn())
    assert torch.equal(prelu(drawn(), torch.ones(1, dtype=torch.float64)), drawn())


def test_a_slope_of_zero_is_relu():
    """The other end cuts everything below zero."""
    for unit in (LeakyReLU(0.0), ELU(0.0)):
        torch.testing.assert_close(unit(drawn()), drawn().relu())


def test_smooth_units_are_products_with_a_distribution_function():
    """GELU is x times the chance that a normal variable is below x, SiLU that of a logistic one."""
    x = drawn()
    torch.testing.assert_close(gelu(x), x * torch.distributions.Normal(0.0, 1.0).cdf(x))
    torch.testing.assert_close(silu(x), x / (1 + torch.exp(-x)))


def test_the_approximation_is_near_the_exact_function():
    """It is no more than a thousandth away anywhere, and not the same."""
    x = torch.linspace(-6, 6, 1001, dtype=torch.float64)
    gap = (gelu(x, "tanh") - gelu(x)).abs().max()
    assert 1e-5 < gap < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: LeakyReLU(-0.1), "negative_slope must be at least 0. Got -0.1."),
        (lambda: PReLU(0), "num_parameters must be at least 1. Got 0."),
        (lambda: ELU(-1.0), "alpha must be at least 0. Got -1.0."),
        (lambda: GELU("sigmoid"), "approximate must be 'none' or 'tanh'. Got 'sigmoid'."),
        (
            lambda: gelu(torch.zeros(1), "sigmoid"),
            "approximate must be 'none' or 'tanh'. Got 'sigmoid'.",
        ),
        (
            lambda: PReLU(4)(torch.zeros(2, 3)),
            "weight must have one slope, or one for each channel. Got 4 for the shape (2, 3).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("recipe", [SIGMOID, images()], ids=["sigmoid", "ReLU"])
def test_every_older_unit_is_exchanged(recipe):
    """None is left, and each has its own new one."""
    model = untrained(recipe)
    before = sum(isinstance(m, (nn.ReLU, nn.Sigmoid)) for m in model.modules())
    for part in apply(recipe, unit=Part(PReLU)).start:
        model = part(model, recipe.peek(), recipe)
    assert not any(isinstance(m, (nn.ReLU, nn.Sigmoid)) for m in model.modules())
    assert sum(isinstance(m, PReLU) for m in model.modules()) == before


def test_a_network_of_newer_units_is_left():
    """The transformer has GELU already."""
    with pytest.raises(NotApplicable) as error:
        apply(rows())
    assert str(error.value) == ("the network has no module that is a ReLU, a sigmoid or a tanh.")
