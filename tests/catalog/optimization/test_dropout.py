"""Dropout, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few, images, rows
from catalog.lab.train import train
from catalog.optimization.dropout.experiment import apply, hidden_readers
from catalog.optimization.dropout.reference import Dropout, dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_it_is_torch_s_dropout(p):
    """From the same random state it gives the same values and gradients."""
    ours = torch.randn(40, 7, dtype=torch.float64).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    torch.manual_seed(5)
    dropped = dropout(ours, p)
    torch.manual_seed(5)
    expected = F.dropout(theirs, p)
    torch.testing.assert_close(dropped, expected)
    dropped.pow(2).sum().backward()
    expected.pow(2).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_it_drops_the_share_p_and_keeps_the_mean():
    """Of a hundred thousand units a share p is zero, and the mean stays within its noise."""
    y = dropout(torch.ones(100_000), 0.2, generator=torch.Generator().manual_seed(0))
    assert abs(float((y == 0).float().mean()) - 0.2) < 0.006
    assert abs(float(y.mean()) - 1) < 0.008
    assert set(y.unique().tolist()) == {0.0, 1.25}


def test_each_unit_of_each_example_is_dropped_by_itself():
    """Masks of neighbouring units and of neighbouring examples are unrelated."""
    mask = dropout(torch.ones(2000, 2), 0.5, generator=torch.Generator().manual_seed(0)) > 0
    same_example = (mask[:, 0] == mask[:, 1]).float().mean()
    same_unit = (mask[1:, 0] == mask[:-1, 0]).float().mean()
    assert abs(float(same_example) - 0.5) < 0.05
    assert abs(float(same_unit) - 0.5) < 0.05


def test_a_share_of_zero_and_evaluation_change_nothing():
    """With p = 0, and after eval(), the layer is the identity."""
    y = torch.randn(5, 3)
    assert torch.equal(Dropout(0.0)(y), y)
    assert torch.equal(Dropout(0.9).eval()(y), y)
    assert not torch.equal(Dropout(0.9)(y), y)


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_a_bad_share_is_named(p):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="p must be") as error:
        Dropout(p)
    assert str(error.value) == f"p must be at least 0 and below 1. Got {p}."
    with pytest.raises(ValueError, match="p must be"):
        dropout(torch.ones(2), p)


def test_applied_to_an_mlp_it_is_a_layer_after_each_activation():
    """The hooks train to the very weights that dropout layers within the network give."""
    recipe = few().replace(epochs=5, evaluate_every=5)
    hooked = train(apply(recipe, p=0.3))
    layered = train(recipe.replace(model=Part(mlp, dropout=Part(nn.Dropout, p=0.3))))
    for ours, theirs in zip(hooked.model.parameters(), layered.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("network", "count"),
    [
        (untrained(few()), 2),
        (untrained(images()), 1),
        (untrained(rows()), 17),
        (nn.Sequential(nn.RNN(2, 4), nn.Linear(4, 1)), 1),
    ],
    ids=["mlp", "cnn", "transformer", "rnn"],
)
def test_the_examples_themselves_are_never_dropped(network, count):
    """In each kind of network, all linear layers but one that reads the input are thinned."""
    assert len(hidden_readers(network)) == count


def test_a_network_without_hidden_units_is_refused():
    """A linear model has nothing to drop."""
    linear = few().replace(model=Part(mlp, widths=()))
    with pytest.raises(NotApplicable, match="it drops hidden units"):
        apply(linear)
