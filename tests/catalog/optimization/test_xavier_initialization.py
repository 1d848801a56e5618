"""Xavier initialization, against torch's own with the same generator."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from catalog.optimization.xavier_initialization.reference import (
    xavier_normal_,
    xavier_std,
    xavier_uniform_,
)


@pytest.mark.parametrize("shape", [(30, 7), (6, 4, 3), (6, 4, 3, 5), (3, 4, 2, 3, 2)])
@pytest.mark.parametrize("gain", [0.0, 1.0, 5 / 3])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(xavier_normal_, nn.init.xavier_normal_), (xavier_uniform_, nn.init.xavier_uniform_)],
)
def test_it_draws_what_torch_draws(ours, theirs, gain, shape):
    """With the same generator every single weight is the same, whatever the gain."""
    mine = ours(torch.empty(shape), gain, torch.Generator().manual_seed(1))
    expected = theirs(torch.empty(shape), gain, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(mine, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("fill", [xavier_normal_, xavier_uniform_])
def test_it_is_the_mean_of_both_demands(fill):
    """Forward the variance changes by 2 n / (n + m), backward by 2 m / (n + m)."""
    n, m = 900, 300
    generator = torch.Generator().manual_seed(0)
    weight = fill(torch.empty(m, n), generator=generator)
    x, back = torch.randn(400, n, generator=generator), torch.randn(400, m, generator=generator)
    assert math.isclose(float((x @ weight.T).var()), 2 * n / (n + m), rel_tol=0.04)
    assert math.isclose(float((back @ weight).var()), 2 * m / (n + m), rel_tol=0.04)


def test_it_fills_a_parameter_in_place():
    """A weight that is trained is filled without leaving a trace in its graph."""
    parameter = nn.Parameter(torch.zeros(4, 4))
    assert xavier_uniform_(parameter) is parameter
    assert parameter.any()
    assert parameter.grad_fn is None


@pytest.mark.parametrize(
    ("weight", "gain", "message"),
    [
        (torch.zeros(2, 2), -1.0, "gain must be at least 0. Got -1.0."),
        (torch.zeros(2, 2), float("nan"), "gain must be at least 0. Got nan."),
        (torch.zeros(2), 1.0, "weight must have at least 2 dimensions. Got 1."),
    ],
)
def test_a_bad_argument_is_named(weight, gain, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        xavier_std(weight, gain)
    assert str(error.value) == message
