"""Pre-normalization, against torch's encoder layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.pre_normalization.experiment import apply
from catalog.architecture.pre_normalization.reference import PostNorm, PreNorm, pre_norm_stack
from catalog.lab.data import Data
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import rows, short

X = torch.randn(3, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


class SelfAttention(nn.Module):
    """torch's attention of a sequence to itself."""

    def __init__(self, attention):
        super().__init__()
        self.attention = attention

    def forward(self, x):
        """Map (n, tokens, width) to the same shape."""
        return self.attention(x, x, x, need_weights=False)[0]


@pytest.mark.parametrize("norm_first", [True, False])
def test_two_blocks_are_torch_s_encoder_layer(norm_first):
    """Attention and feed-forward branches give its output and its gradient, in either order."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, batch_first=True, norm_first=norm_first)
    layer = layer.double()
    with torch.no_grad():
        for norm in (layer.norm1, layer.norm2):
            norm.weight.uniform_(0.5, 2)
    make = PreNorm if norm_first else PostNorm
    ours = nn.Sequential(
        make(SelfAttention(layer.self_attn), layer.norm1),
        make(nn.Sequential(layer.linear1, nn.ReLU(), layer.linear2), layer.norm2),
    )
    results = []
    for model in (ours, layer):
        x = X.clone().requires_grad_()
        y = model(x)
        results.append([y, *torch.autograd.grad((y * y.sin()).sum(), x)])
    for mine, theirs in zip(*results, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_skip_path_is_clean():
    """With branches of zero a pre-norm block is the identity, and a post-norm block is not."""
    branch = nn.Linear(8, 8).double()
    nn.init.zeros_(branch.weight)
    nn.init.zeros_(branch.bias)
    norm = nn.LayerNorm(8).double()
    assert torch.equal(PreNorm(branch, norm)(X), X)
    torch.testing.assert_close(PostNorm(branch, norm)(X), norm(X))


def test_a_stack_is_a_sum_and_a_norm():
    """What comes out is the norm of the input and all that the branches added."""
    branches = [nn.Linear(8, 8).double() for _ in range(3)]
    norms = [nn.LayerNorm(8).double() for _ in range(3)]
    last = nn.LayerNorm(8).double()
    y = X
    for branch, norm in zip(branches, norms, strict=True):
        y = y + branch(norm(y))
    torch.testing.assert_close(pre_norm_stack(branches, norms, last)(X), last(y))


def test_norms_that_are_missing_are_named():
    """The message says how many came."""
    with pytest.raises(ValueError, match="must be") as error:
        pre_norm_stack([nn.Identity()], [], nn.Identity())
    assert str(error.value) == "norms must be as many as branches. Got 0 for 1."


def encoder(data: Data, norm_first: bool = False) -> nn.Module:
    """Return a model that is built of torch's encoder layers, and has the setting hidden."""
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first)
    stack = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    return nn.Sequential(nn.Flatten(1, 2), stack, nn.Flatten(), nn.Linear(64, data.outputs))


def post(data: Data) -> nn.Module:
    """Return it as post-norm, without any setting."""
    return encoder(data)


def pre(data: Data) -> nn.Module:
    """Return it as pre-norm, without any setting."""
    return encoder(data, norm_first=True)


def test_torch_s_encoder_is_turned():
    """Its layers norm first, and the stack ends in a norm that it lacked."""
    recipe = rows().replace(model=Part(post))
    model = untrained(recipe)
    assert model[1].norm is None
    for part in apply(recipe).start:
        model = part(model, recipe.peek(), recipe)
    assert all(layer.norm_first for layer in model[1].layers)
    assert model[1].norm.normalized_shape == (8,)
    assert model(recipe.peek().val.x[:2]).shape == (2, 10)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (rows(), "the network norms before its branches already."),
        (rows().replace(model=Part(pre)), "the network norms before its branches already."),
        (short(), "it moves the norms of a transformer, and none is recognized."),
    ],
    ids=["by setting", "by torch", "mlp"],
)
def test_what_cannot_be_turned_is_named(recipe, message):
    """The reason says what stands in the way."""
    with pytest.raises(NotApplicable) as error:
        apply(recipe)
    assert str(error.value) == message


def test_the_lab_s_transformer_is_turned():
    """Its setting is changed, and nothing else."""
    recipe = rows().set_model(norm_first=False)
    assert apply(recipe) == rows().set_model(norm_first=True)
