"""Skip connections."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.skip_connection.reference import Residual


def test_a_block_of_zeros_leaves_the_input():
    """With F = 0 the block is the identity, in value and in gradient."""
    block = nn.Linear(5, 5)
    nn.init.zeros_(block.weight)
    nn.init.zeros_(block.bias)
    x = torch.randn(3, 5, requires_grad=True)
    y = Residual(block)(x)
    assert torch.equal(y, x)
    y.sum().backward()
    assert torch.equal(x.grad, torch.ones(3, 5))


def test_it_adds_block_and_projection():
    """Y = F(x) + W x, computed by hand."""
    block, projection = nn.Linear(4, 6, bias=False), nn.Linear(4, 6, bias=False)
    x = torch.randn(2, 4)
    expected = x @ block.weight.T + x @ projection.weight.T
    torch.testing.assert_close(Residual(block, projection)(x), expected)


def test_the_gradient_reaches_the_input_of_a_dead_stack():
    """Where fifty blocks pass no gradient at all, the skips still do."""
    blocks = [nn.Sequential(nn.Linear(8, 8), nn.ReLU()) for _ in range(50)]
    for block in blocks:
        nn.init.constant_(block[0].bias, -1e6)
    x = torch.randn(4, 8, requires_grad=True)
    nn.Sequential(*map(Residual, blocks))(x).sum().backward()
    assert torch.equal(x.grad, torch.ones(4, 8))
    x.grad = None
    nn.Sequential(*blocks)(x).sum().backward()
    assert torch.equal(x.grad, torch.zeros(4, 8))


def test_shapes_that_differ_are_an_error():
    """Broadcasting would add silently what does not belong together."""
    with pytest.raises(ValueError, match="give a projection") as error:
        Residual(nn.Linear(4, 1))(torch.zeros(2, 4))
    assert str(error.value) == (
        "the block gives (2, 1) beside (2, 4); give a projection between them."
    )
