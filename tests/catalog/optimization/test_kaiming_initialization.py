"""Kaiming initialization, against torch's own with the same generator."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import nn

from catalog.optimization.kaiming_initialization.reference import (
    kaiming_normal_,
    kaiming_std,
    kaiming_uniform_,
)


@pytest.mark.parametrize("shape", [(30, 7), (6, 4, 3), (6, 4, 3, 5), (3, 4, 2, 3, 2)])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
@pytest.mark.parametrize("slope", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (kaiming_normal_, nn.init.kaiming_normal_),
        (kaiming_uniform_, nn.init.kaiming_uniform_),
    ],
)
def test_it_draws_what_torch_draws(ours, theirs, slope, mode, shape):
    """With the same generator every single weight is the same, whatever the options."""
    mine = ours(torch.empty(shape), slope, mode, torch.Generator().manual_seed(1))
    expected = theirs(
        torch.empty(shape), a=slope, mode=mode, generator=torch.Generator().manual_seed(1)
    )
    torch.testing.assert_close(mine, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("fill", [kaiming_normal_, kaiming_uniform_])
@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_the_mean_square_survives_the_activation(fill, slope):
    """A wide rectified layer keeps E[x²], which is what the factor is for."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 1000, generator=generator)
    weight = fill(torch.empty(1200, 1000), slope, generator=generator)
    y = nn.functional.leaky_relu(x @ weight.T, slope)
    assert math.isclose(float(y.square().mean()), float(x.square().mean()), rel_tol=0.03)


def test_fan_out_keeps_the_gradient():
    """With `fan_out` a gradient keeps its mean square on the way back, where the widths differ."""
    generator = torch.Generator().manual_seed(0)
    weight = kaiming_normal_(torch.empty(1000, 400), 0.0, "fan_out", generator)
    x = torch.randn(300, 400, generator=generator, requires_grad=True)
    back = torch.randn(300, 1000, generator=generator)
    torch.relu(x @ weight.T).backward(back)
    assert math.isclose(float(x.grad.square().mean()), 1.0, rel_tol=0.05)


def test_it_fills_a_parameter_in_place():
    """A weight that is trained is filled without leaving a trace in its graph."""
    parameter = nn.Parameter(torch.zeros(4, 4))
    assert kaiming_normal_(parameter) is parameter
    assert parameter.any()
    assert parameter.grad_fn is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            partial(kaiming_std, torch.zeros(2, 2), float("nan")),
            "negative_slope must be finite. Got nan.",
        ),
        (
            partial(kaiming_std, torch.zeros(2, 2), mode="fan"),
            "mode must be one of fan_in, fan_out. Got 'fan'.",
        ),
        (
            partial(kaiming_normal_, torch.zeros(2)),
            "weight must have at least 2 dimensions. Got 1.",
        ),
        (
            partial(kaiming_uniform_, torch.zeros(2)),
            "weight must have at least 2 dimensions. Got 1.",
        ),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
