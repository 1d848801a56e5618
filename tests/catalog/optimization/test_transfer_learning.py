"""Transfer learning: what is frozen stays as it was, in every respect."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from catalog.lab.models import mlp
from catalog.lab.recipe import Part
from catalog.lab.train import train
from catalog.optimization.pre_training.experiment import LOWER_DIGITS, pretrained
from catalog.optimization.transfer_learning.experiment import MLP, apply
from catalog.optimization.transfer_learning.reference import Frozen, freeze


def network():
    """Return a small network with a normalization."""
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def test_the_body_gets_no_gradient_and_the_head_does():
    """Backward fills the gradients of the excepted modules, and no others."""
    model = network()
    freeze(model, except_for=("3",))
    model(torch.randn(5, 3)).sum().backward()
    filled = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert filled == {"3.weight", "3.bias"}


def test_a_frozen_normalization_does_not_follow_new_data():
    """In training mode too it computes with its old statistics and leaves them as they are."""
    model = network()
    model(torch.randn(50, 3))
    expected = copy.deepcopy(model).eval()
    freeze(model, except_for=("3",))
    model.train()
    x = 5 + 3 * torch.randn(20, 3)
    torch.testing.assert_close(model(x), expected(x))
    torch.testing.assert_close(model[1].module.running_mean, expected[1].running_mean)


def test_a_module_that_goes_on_learning_keeps_its_normalization():
    """What is excepted is left in training mode, with all that stands below it."""
    model = nn.Sequential(network(), network())
    freeze(model, except_for=("1",))
    assert isinstance(model[0][1], Frozen)
    assert isinstance(model[1][1], nn.BatchNorm1d)
    assert all(parameter.requires_grad for parameter in model[1].parameters())
    assert not any(parameter.requires_grad for parameter in model[0].parameters())


def test_nothing_frozen_is_no_change():
    """With all of the network excepted, everything learns."""
    model = network()
    freeze(model, except_for=("0", "1", "3"))
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not any(isinstance(module, Frozen) for module in model.modules())


def test_an_unknown_name_is_an_error():
    """A misspelt head would freeze everything without a word."""
    with pytest.raises(ValueError, match="except_for") as error:
        freeze(network(), except_for=("head",))
    assert str(error.value) == "except_for must name modules of the network. Got 'head'."


@pytest.mark.parametrize("norm", [None, Part(nn.BatchNorm1d)])
def test_the_head_alone_moves_from_the_source(norm):
    """After a run on the target, the body is to the bit the one that the source task left."""
    recipe = MLP.replace(epochs=3, evaluate_every=3, model=Part(mlp, widths=(16, 16), norm=norm))
    fit = train(apply(recipe, source=LOWER_DIGITS, head_only=True, epochs=2))
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = recipe.model(recipe.peek())
        before = model[-1].weight.detach().clone()
        pretrained(model, recipe.peek(), recipe, LOWER_DIGITS, epochs=2, lr=recipe.lr, share=0.5)
    model.eval()
    x = recipe.peek().val.x
    torch.testing.assert_close(fit.model[:-1](x), model[:-1](x))
    assert not torch.equal(fit.model[-1].weight, before)
