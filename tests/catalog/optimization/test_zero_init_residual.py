"""Zero-initialized residual branches: the identity at the start, and a gradient from there."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.skip_connection.reference import Residual
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable
from catalog.lab.surgery import residual_branches
from catalog.lab.tasks import rows, short
from catalog.optimization.zero_init_residual.experiment import RESIDUAL, apply, start_at_zero
from catalog.optimization.zero_init_residual.reference import Gate, ReZero, zero_


def branch():
    """Return a branch of two layers."""
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 5))


def test_a_stack_is_the_identity_at_the_start():
    """Fifty blocks of either kind pass value and gradient unchanged."""
    zeroed = [Residual(branch()) for _ in range(50)]
    for block in zeroed:
        zero_(block.block[-1])
    for stack in (zeroed, [ReZero(branch()) for _ in range(50)]):
        x = torch.randn(3, 5, requires_grad=True)
        y = nn.Sequential(*stack)(x)
        assert torch.equal(y, x)
        y.sum().backward()
        assert torch.equal(x.grad, torch.ones(3, 5))


def test_the_zeros_move_in_the_first_step():
    """The zeroed weights, or the gate, get a gradient; the rest of the branch does not yet."""
    zeroed = Residual(branch())
    zero_(zeroed.block[-1])
    gated = ReZero(branch())
    for block, moving in ((zeroed, zeroed.block[-1].weight), (gated, gated.gate.alpha)):
        block(torch.randn(3, 5)).square().sum().backward()
        assert moving.grad.abs().sum() > 0
        inner = block.block if block is zeroed else block.branch
        assert torch.equal(inner[0].weight.grad, torch.zeros(8, 5))


def test_the_gradient_of_the_gate_is_the_branch():
    """For the sum of the outputs it is the sum of F(x)."""
    block = ReZero(branch())
    x = torch.randn(3, 5)
    block(x).sum().backward()
    torch.testing.assert_close(block.gate.alpha.grad, block.branch(x).sum())


def test_a_gate_of_one_is_a_plain_residual_block():
    """The neutral start changes nothing."""
    inner = branch()
    block = ReZero(inner)
    block.gate = Gate(start=1.0)
    x = torch.randn(3, 5)
    torch.testing.assert_close(block(x), Residual(inner)(x))


def test_two_zero_factors_never_move():
    """Why a gate is not put on a zero layer: neither gets a gradient."""
    block = ReZero(branch())
    zero_(block.branch[-1])
    block(torch.randn(3, 5)).square().sum().backward()
    assert float(block.gate.alpha.grad) == 0
    assert not block.branch[-1].weight.grad.any()


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.BatchNorm1d(3, affine=False)])
def test_a_layer_without_weight_is_named(layer):
    """There would be nothing to set to zero."""
    with pytest.raises(ValueError, match="must have") as error:
        zero_(layer)
    assert str(error.value) == f"layer must have a weight. Got {type(layer).__name__}."


def test_gain_and_bias_of_a_normalization_are_zeroed():
    """Then it gives zeros whatever comes in."""
    norm = zero_(nn.BatchNorm2d(3))
    assert torch.equal(norm(torch.randn(2, 3, 4, 4)), torch.zeros(2, 3, 4, 4))


@pytest.mark.parametrize("recipe", [RESIDUAL, rows()], ids=["mlp", "transformer"])
def test_every_branch_of_a_network_starts_at_zero_and_learns(recipe):
    """The sums pass their input on, and in each branch something has a gradient."""
    data = recipe.peek()
    model = untrained(recipe)
    for part in apply(recipe).start:
        model = part(model, data, recipe)
    blocks = list(model)[1:-1] if isinstance(model, nn.Sequential) else list(model.branches)
    assert len(blocks) in (8, 12)
    x = torch.randn(4, 64) if isinstance(model, nn.Sequential) else torch.randn(4, 8, 32)
    for block in blocks:
        assert torch.equal(block(x), x)
    model(data.train.x).square().sum().backward()
    for block in blocks:
        assert any(p.grad is not None and p.grad.any() for p in block.parameters())


@pytest.mark.parametrize("norm_first", [True, False])
def test_torch_s_encoder_layer_starts_at_zero(norm_first):
    """In training and in the fused evaluation alike, the skips alone are left."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=norm_first)
    recipe = rows()

    class Tokens:
        train = recipe.peek().train._replace(x=torch.rand(2, 5, 8))

    start_at_zero(layer, Tokens(), recipe)
    x = torch.randn(3, 5, 8)
    expected = x if norm_first else layer.norm2(layer.norm1(x))
    torch.testing.assert_close(layer(x), expected)
    with torch.no_grad():
        torch.testing.assert_close(layer.eval()(x), expected)
    assert len(residual_branches(layer, x)) == 2


def test_a_network_without_skips_is_left():
    """Zeros would block its signal."""
    with pytest.raises(NotApplicable) as error:
        apply(short())
    assert str(error.value) == ("it starts residual branches at zero, and the network has none.")
