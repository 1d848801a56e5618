"""Query-key normalization, against torch's attention."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.architecture.qk_normalization.experiment import apply
from catalog.architecture.qk_normalization.reference import (
    NormalizedAttention,
    UnitLength,
    attention,
    unit_length,
)
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import rows, short

GENERATOR = torch.Generator().manual_seed(8)
Q, K, V = (torch.randn(2, 3, 5, 4, dtype=torch.float64, generator=GENERATOR) for _ in range(3))
X = torch.randn(2, 5, 12, dtype=torch.float64, generator=GENERATOR)


@pytest.mark.parametrize("scale", [None, 0.7])
def test_plain_attention_is_torch_s(scale):
    """Value and gradients are those of `scaled_dot_product_attention`."""
    results = []
    for function in (attention, F.scaled_dot_product_attention):
        inputs = [tensor.clone().requires_grad_() for tensor in (3 * Q, 3 * K, V)]
        y = function(*inputs, scale=scale)
        results.append([y, *torch.autograd.grad((y * y.sin()).sum(), inputs)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_without_norms_the_layer_is_torch_s():
    """With the same weights and nothing on queries and keys it is `nn.MultiheadAttention`."""
    ours = NormalizedAttention(12, 3, nn.Identity(), nn.Identity()).double()
    theirs = nn.MultiheadAttention(12, 3, batch_first=True).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    torch.testing.assert_close(ours(X), theirs(X, X, X, need_weights=False)[0])


def test_queries_and_keys_of_each_head_are_normalized():
    """Each has its own norm, over the values of a head, and the values have none."""
    q_norm, k_norm = nn.LayerNorm(4), nn.LayerNorm(4)
    with torch.no_grad():
        q_norm.weight.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
        k_norm.bias.copy_(torch.tensor([4.0, 3.0, 2.0, 1.0]))
    layer = NormalizedAttention(12, 3, q_norm, k_norm).double()
    q, k, v = (
        part.view(2, 5, 3, 4).transpose(1, 2)
        for part in (X @ layer.qkv.weight.T + layer.qkv.bias).split(12, dim=-1)
    )
    mixed = F.scaled_dot_product_attention(
        F.layer_norm(q, (4,), q_norm.weight, q_norm.bias),
        F.layer_norm(k, (4,), k_norm.weight, k_norm.bias),
        v,
    )
    torch.testing.assert_close(layer(X), layer.out(mixed.transpose(1, 2).reshape(2, 5, 12)))


@pytest.mark.parametrize("norm", [lambda: nn.LayerNorm(4), lambda: UnitLength(4)])
def test_logits_are_bounded(norm):
    """However large the inputs are, the logits are at most √d; without a norm they are not."""
    q_norm, k_norm = norm().double(), norm().double()
    logits = q_norm(1e4 * Q) @ k_norm(1e4 * K).mT / 2
    assert logits.abs().max() <= 2 + 1e-9
    assert (1e4 * Q @ (1e4 * K).mT / 2).abs().max() > 1e6


def test_vectors_get_their_length():
    """All directions stay, all lengths are the one that is learned, and zeros stay zero."""
    norm = UnitLength(4, length=2.5).double()
    torch.testing.assert_close(norm(Q).norm(dim=-1), torch.full((2, 3, 5), 2.5).double())
    torch.testing.assert_close(
        F.cosine_similarity(norm(Q), Q, dim=-1), torch.ones(2, 3, 5).double()
    )
    torch.testing.assert_close(unit_length(Q), F.normalize(Q, dim=-1))
    assert float(UnitLength(9).length.detach()) == 3.0
    x = torch.zeros(2, 4, requires_grad=True)
    unit_length(x).sum().backward()
    assert torch.equal(unit_length(x), torch.zeros(2, 4))
    assert torch.isfinite(x.grad).all()


def test_cosine_attention_is_henry_s():
    """With unit lengths and a factor g the logits are g times the cosine."""
    g = 3.0
    cosine = F.cosine_similarity(Q[..., :, None, :], K[..., None, :, :], dim=-1)
    expected = torch.softmax(g * cosine, -1) @ V
    torch.testing.assert_close(attention(unit_length(Q), unit_length(K), V, scale=g), expected)
    length = math.sqrt(g * math.sqrt(4))
    norm = UnitLength(4, length=length).double()
    torch.testing.assert_close(attention(norm(Q), norm(K), V), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: NormalizedAttention(12, 5, nn.Identity(), nn.Identity()),
            "heads must divide width. Got 5 and 12.",
        ),
        (lambda: UnitLength(0), "width must be at least 1. Got 0."),
        (lambda: UnitLength(4, -1.0), "length must be at least 0, or None. Got -1.0."),
        (lambda: unit_length(Q, eps=0.0), "eps must be above 0. Got 0.0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize("norm", [Part(UnitLength), Part(nn.RMSNorm)], ids=repr)
def test_each_head_of_a_transformer_has_both(norm):
    """The lab's transformer has a norm for queries and one for keys in each layer."""
    model = untrained(apply(rows(), norm=norm))
    found = [name for name, m in model.named_modules() if type(m) is norm.make]
    expected = [f"branches.{i}.inner.{which}_norm" for i in (0, 2, 4, 6) for which in "qk"]
    assert found == expected


def test_a_network_without_attention_is_left():
    """There are no queries to normalize."""
    with pytest.raises(NotApplicable, match="takes no setting 'qk_norm'"):
        apply(short())
