"""LoRA: it starts as the frozen layer, has the rank it says, and can be merged."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from catalog.architecture.lora.experiment import apply, trained_parameters
from catalog.architecture.lora.reference import LowRankLinear, adapt, merge
from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import images, rows
from catalog.lab.train import train
from catalog.optimization.pre_training.experiment import LOWER_DIGITS
from catalog.optimization.transfer_learning.experiment import MLP


def filled(layer, rank, alpha=None):
    """Return an adapted layer whose two matrices are drawn."""
    adapted = LowRankLinear(layer, rank, alpha)
    nn.init.normal_(adapted.b)
    return adapted.double()


def test_it_starts_as_the_frozen_layer():
    """B is zero at the start, so the output is the layer's to the bit, but A is not zero."""
    layer = nn.Linear(6, 4)
    adapted = LowRankLinear(layer, 2)
    x = torch.randn(3, 6)
    assert torch.equal(adapted(x), layer(x))
    assert adapted.a.all()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("alpha", [None, 1.0, 16.0])
def test_it_computes_and_merges_the_formula(alpha, bias):
    """Output and merged layer are x (W₀ + α/r B A)ᵀ + b, entry by entry, for inputs of any rank."""
    adapted = filled(nn.Linear(6, 4, bias=bias), 3, alpha)
    x = torch.randn(2, 5, 6, dtype=torch.float64)
    weight = adapted.layer.weight.detach().clone()
    for i in range(4):
        for j in range(6):
            change = sum((adapted.b[i, k] * adapted.a[k, j]).item() for k in range(3))
            weight[i, j] += (alpha or 3) / 3 * change
    expected = x @ weight.T + (adapted.layer.bias if bias else 0)
    torch.testing.assert_close(adapted(x), expected)
    merged = adapted.merged()
    torch.testing.assert_close(merged.weight, weight)
    torch.testing.assert_close(merged(x), expected)
    assert type(merged) is nn.Linear
    assert (merged.bias is not None) == bias


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_the_change_has_the_rank(rank):
    """The merged weights differ from the frozen ones by a matrix of that rank, and no other."""
    adapted = filled(nn.Linear(6, 4), rank)
    change = adapted.merged().weight - adapted.layer.weight
    assert torch.linalg.matrix_rank(change) == rank


def test_a_and_b_alone_get_gradients():
    """The frozen weights and bias are left out; with B = 0 the first gradient is B's."""
    adapted = LowRankLinear(nn.Linear(6, 4), 2)
    adapted(torch.randn(3, 6)).square().sum().backward()
    assert adapted.layer.weight.grad is None
    assert adapted.layer.bias.grad is None
    assert adapted.b.grad.any()
    assert not adapted.a.grad.any()


def test_a_network_is_adapted_below_its_head_and_merged_back():
    """Outputs do not change by wrapping nor by merging, and the merged network is a plain one."""
    recipe = rows()
    model = recipe.model(recipe.peek())
    x = recipe.peek().val.x[:5]
    plain = copy.deepcopy(model)
    names = adapt(model, rank=2, except_for=("head",))
    assert torch.equal(model(x), plain(x))
    assert set(names) == {
        name for name, m in plain.named_modules() if type(m) is nn.Linear and name != "head"
    }
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    expected = {f"{name}.{part}" for name in names for part in "ab"}
    assert trained == expected | {"head.weight", "head.bias"}
    for name in names:
        nn.init.normal_(model.get_submodule(name).b)
    adapted = model(x)
    assert not torch.allclose(adapted, plain(x))
    merge(model)
    torch.testing.assert_close(model(x), adapted, rtol=1e-4, atol=1e-4)
    assert model.state_dict().keys() == plain.state_dict().keys()


def test_torch_s_attention_still_works():
    """It reads weights past `forward`, and finds the changed ones; its attention is left alone."""
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    x = torch.randn(3, 5, 8)
    model.eval()
    before = model(x)
    names = adapt(model, rank=2)
    assert names == ("linear1", "linear2")
    torch.testing.assert_close(model(x), before)
    nn.init.normal_(model.linear1.b)
    with torch.no_grad():
        fast = model(x)
    assert not torch.allclose(fast, before)
    torch.testing.assert_close(fast, model(x.requires_grad_()))


def test_a_run_trains_the_head_and_the_changes():
    """The numbers trained are those of both matrices of both layers, and of the head."""
    recipe = apply(MLP, source=LOWER_DIGITS, rank=4, epochs=1).replace(epochs=2, evaluate_every=2)
    counted = trained_parameters(train(recipe))["trained_parameters"]
    assert counted == 4 * (64 + 128) + 4 * (128 + 128) + 128 * 5 + 5


def test_a_rank_above_a_layer_s_is_cut_to_it():
    """In a network each layer takes the rank that it can."""
    model = nn.Sequential(nn.Linear(3, 20), nn.ReLU(), nn.Linear(20, 20), nn.Linear(20, 2))
    adapt(model, rank=8)
    assert [module.a.shape[0] for module in model if isinstance(module, LowRankLinear)] == [3, 8, 2]


def test_it_says_why_it_does_not_fit():
    """A convolutional network has no linear layer but its head."""
    with pytest.raises(NotApplicable) as error:
        apply(images())
    assert str(error.value) == "it changes linear layers, and there is none below the head."


def test_a_new_head_of_several_layers_is_trained_as_it_is():
    """No part of what is excepted is wrapped or frozen."""
    head = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    model = nn.ModuleDict({"body": nn.Linear(3, 4), "head": head})
    assert adapt(model, rank=2, except_for=("head",)) == ("body",)
    assert [type(module) for module in head] == [nn.Linear, nn.ReLU, nn.Linear]
    assert all(parameter.requires_grad for parameter in head.parameters())


@pytest.mark.parametrize(
    ("model", "settings", "message"),
    [
        (nn.Sequential(nn.Linear(3, 2)), {"rank": 0}, "rank must be at least 1. Got 0."),
        (nn.Sequential(nn.Linear(3, 2)), {"alpha": -1.0}, "alpha must be above 0. Got -1.0."),
        (
            nn.Sequential(nn.Linear(3, 2)),
            {"except_for": ("haed",)},
            "except_for must name modules of the network. Got 'haed'.",
        ),
        (
            nn.Linear(3, 2),
            {},
            "model must have a linear layer within it, or be wrapped in LowRankLinear itself."
            " Got Linear.",
        ),
        (
            nn.Sequential(nn.Conv1d(1, 1, 1)),
            {},
            "model must have a linear layer within it, or be wrapped in LowRankLinear itself."
            " Got Sequential.",
        ),
    ],
    ids=["rank", "alpha", "except_for", "single", "convolution"],
)
def test_a_refused_network_is_left_as_it_was(model, settings, message):
    """The message says what is allowed, and nothing was frozen or wrapped before it."""
    before = [(name, type(module)) for name, module in model.named_modules()]
    with pytest.raises(ValueError, match="must") as error:
        adapt(model, **settings)
    assert str(error.value) == message
    assert [(name, type(module)) for name, module in model.named_modules()] == before
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rank": 0}, "rank must be from 1 to 4. Got 0."),
        ({"rank": 5}, "rank must be from 1 to 4. Got 5."),
        ({"rank": 1, "alpha": 0.0}, "alpha must be above 0. Got 0.0."),
        ({"rank": 1, "alpha": float("nan")}, "alpha must be above 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        LowRankLinear(nn.Linear(6, 4), **settings)
    assert str(error.value) == message
