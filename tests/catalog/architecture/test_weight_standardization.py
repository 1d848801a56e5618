"""Weight standardization, against torch's layer normalization of the rows and a plain loop."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.architecture.weight_standardization.experiment import apply
from catalog.architecture.weight_standardization.reference import (
    WeightStandardization,
    standardized,
    weight_standardization,
)
from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, short


def drawn(*shape):
    """Draw float64 numbers, the same for the same shape."""
    return 2 * torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(6))


@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("shape", [(4, 6), (4, 3, 5), (4, 3, 2, 2)], ids=str)
def test_it_normalizes_each_channel_s_weights(shape, eps):
    """Value and gradient are those of torch's layer norm over all axes but the first."""
    grads, values = [], []
    for function in (standardized, lambda w, eps: F.layer_norm(w, w.shape[1:], eps=eps)):
        weight = drawn(*shape).requires_grad_()
        out = function(weight, eps)
        grads.append(torch.autograd.grad((out * out.sin() * drawn(*shape)).sum(), weight)[0])
        values.append(out)
    torch.testing.assert_close(*values)
    torch.testing.assert_close(*grads)


def test_it_is_the_formula_number_by_number():
    """Each weight less its row's mean, over the root of the mean square of what is left."""
    weight = drawn(3, 5)
    for i, row in enumerate(weight.tolist()):
        mean = sum(row) / 5
        deviation = math.sqrt(sum((w - mean) ** 2 for w in row) / 5 + 1e-5)
        expected = torch.tensor([(w - mean) / deviation for w in row], dtype=torch.float64)
        torch.testing.assert_close(standardized(weight)[i], expected)


def test_what_is_standardized_stays():
    """Weights of mean 0 and variance 1 pass unchanged; scale and offset do not matter."""
    once = standardized(drawn(4, 6), eps=0.0)
    torch.testing.assert_close(standardized(once, eps=0.0), once)
    torch.testing.assert_close(standardized(7 * drawn(4, 6) - 3, eps=0.0), once)


def test_it_is_accurate_far_from_zero():
    """At an offset of 1e4 in float32 the variance is not lost to rounding."""
    weight = (drawn(4, 64) + 1e4).float()
    exact = weight.double()
    expected = (exact - exact.mean(1, keepdim=True)) / (
        exact.var(1, unbiased=False, keepdim=True) + 1e-5
    ).sqrt()
    torch.testing.assert_close(standardized(weight).double(), expected, rtol=0, atol=2e-3)


def test_equal_weights_become_zero():
    """Nothing is divided by zero, in value or gradient."""
    weight = torch.full((2, 3), 5.0, requires_grad=True)
    out = standardized(weight)
    (out * torch.arange(3.0)).sum().backward()
    assert torch.equal(out, torch.zeros(2, 3))
    assert torch.isfinite(weight.grad).all()


def test_a_layer_uses_the_standardized_weights():
    """The stored weights stay, what is used follows them, and the bias is left alone."""
    layer = nn.Conv2d(3, 4, 3).double()
    weight, bias = layer.weight.detach().clone(), layer.bias.detach().clone()
    x = drawn(2, 3, 5, 5)
    weight_standardization(layer)
    torch.testing.assert_close(layer(x), F.conv2d(x, standardized(weight), bias))
    layer.parametrizations.weight.original.data.mul_(10)
    torch.testing.assert_close(layer(x), F.conv2d(x, standardized(10 * weight), bias))


@pytest.mark.parametrize("eps", [-1.0, float("nan")])
def test_a_bad_eps_is_named(eps):
    """The message says what is allowed and what came."""
    for call in (lambda: WeightStandardization(eps), lambda: standardized(drawn(2, 2), eps)):
        with pytest.raises(ValueError, match="must be") as error:
            call()
        assert str(error.value) == f"eps must be at least 0. Got {eps}."


@pytest.mark.parametrize("recipe", [short(), images()], ids=["mlp", "cnn"])
def test_the_output_layer_is_left(recipe):
    """Every hidden layer is standardized, the last is not."""
    model = untrained(recipe)
    for part in apply(recipe).start:
        model = part(model, recipe.peek(), recipe)
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    assert [hasattr(layer, "parametrizations") for layer in layers] == [True, True, False]
    for layer in layers[:2]:
        spread = layer.weight.detach().flatten(1).std(1, unbiased=False)
        torch.testing.assert_close(spread, torch.ones_like(spread), rtol=0, atol=0.01)


def test_a_network_without_hidden_layers_is_left():
    """There is nothing to standardize."""
    with pytest.raises(NotApplicable) as error:
        apply(short().replace(model=Part(mlp, widths=())))
    assert str(error.value) == "the network has no hidden linear layer and no convolution."
