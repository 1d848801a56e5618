"""Orthogonal initialization: its defining property, and torch's own with the same generator."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from catalog.lab.data import adding
from catalog.lab.models import rnn
from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.optimization.orthogonal_initialization.experiment import apply, redraw
from catalog.optimization.orthogonal_initialization.reference import (
    orthogonal_,
    orthogonal_blocks_,
)

SHAPES = [(5, 5), (3, 8), (8, 3), (4, 2, 3, 3), (30, 2, 3, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("gain", [1.0, 5 / 3])
def test_the_smaller_side_is_orthogonal(shape, gain):
    """The smaller of W Wᵀ and Wᵀ W is g² times the identity."""
    weight = orthogonal_(torch.empty(shape, dtype=torch.float64), gain).flatten(1)
    small = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
    torch.testing.assert_close(small, gain**2 * torch.eye(len(small), dtype=torch.float64))


@pytest.mark.parametrize("shape", SHAPES)
def test_it_draws_what_torch_draws(shape):
    """With the same generator every single weight is the same, signs included."""
    ours = orthogonal_(torch.empty(shape), 2.0, torch.Generator().manual_seed(4))
    # torch draws a tall matrix for a wide one's transpose, which is the same matrix here
    theirs = nn.init.orthogonal_(torch.empty(shape), 2.0, torch.Generator().manual_seed(4))
    torch.testing.assert_close(ours, theirs)


def test_no_direction_is_preferred():
    """Over many draws an entry's mean is 0, also on the diagonal, where plain QR has a bias."""
    generator = torch.Generator().manual_seed(0)
    draws = torch.stack([orthogonal_(torch.empty(2, 2), 1.0, generator) for _ in range(3000)])
    assert draws.mean(0).abs().max() < 0.05


def test_a_hundred_layers_keep_every_length():
    """A product of orthogonal matrices keeps each vector; Gaussian ones crush some."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(10, 20, generator=generator, dtype=torch.float64)
    kept, crushed = x, x
    for _ in range(100):
        kept = kept @ orthogonal_(torch.empty(20, 20, dtype=x.dtype), 1.0, generator)
        crushed = crushed @ torch.randn(20, 20, generator=generator, dtype=x.dtype) / 20**0.5
    torch.testing.assert_close(kept.norm(dim=1), x.norm(dim=1))
    ratio = crushed.norm(dim=1) / x.norm(dim=1)
    assert ratio.max() > 3 * ratio.min()


def test_stacked_gates_are_orthogonal_one_by_one():
    """Each gate's matrix is square and orthogonal; the stack as a whole would not be."""
    for gate in orthogonal_blocks_(torch.empty(12, 3), 4).chunk(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(3))


@pytest.mark.parametrize(("make", "gates"), [(nn.RNN, 1), (nn.GRU, 3), (nn.LSTM, 4)])
def test_applying_it_reaches_recurrent_matrices(make, gates):
    """Every layer's state matrix is orthogonal, whatever the cell; input weights stay."""
    model = make(2, 6, num_layers=2)
    before = model.weight_ih_l0.detach().clone()
    recipe = apply(short().replace(data=Part(adding), model=Part(rnn)))
    redraw(model, recipe.peek(), recipe)
    for weight in (model.weight_hh_l0, model.weight_hh_l1):
        for gate in weight.detach().chunk(gates):
            torch.testing.assert_close(gate @ gate.T, torch.eye(6))
    assert torch.equal(model.weight_ih_l0, before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(orthogonal_, torch.zeros(3)), "weight must have at least 2 dimensions. Got 1."),
        (partial(orthogonal_, torch.zeros(2, 2), -1.0), "gain must be at least 0. Got -1.0."),
        (
            partial(orthogonal_blocks_, torch.zeros(4, 2), 3),
            "blocks must divide the 4 rows. Got 3.",
        ),
        (
            partial(orthogonal_blocks_, torch.zeros(4, 2), 0),
            "blocks must divide the 4 rows. Got 0.",
        ),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
