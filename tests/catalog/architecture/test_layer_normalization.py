"""Layer normalization, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.layer_normalization.experiment import apply
from catalog.architecture.layer_normalization.reference import LayerNorm, layer_norm
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.surgery import is_normalization
from catalog.lab.tasks import images, rows

OPTIONS = [{}, {"eps": 0.1}, {"bias": False}, {"elementwise_affine": False}]


def drawn(*shape, seed=5):
    """Draw float64 numbers, the same for the same shape and seed."""
    generator = torch.Generator().manual_seed(seed)
    return 3 + 2 * torch.randn(shape, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("normalized_shape", [6, (6,), (4, 6), (5, 4, 6)], ids=str)
def test_it_is_torch_s_layer(normalized_shape, options):
    """Outputs and gradients agree, and either loads the other's state."""
    ours = LayerNorm(normalized_shape, **options).double()
    theirs = nn.LayerNorm(normalized_shape, **options).double()
    for seed, parameter in enumerate(theirs.parameters()):
        parameter.data.copy_(drawn(*parameter.shape, seed=seed))
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    results = []
    for layer in (ours, theirs):
        x = drawn(3, 5, 4, 6).requires_grad_()
        y = layer(x)
        results.append([y, *torch.autograd.grad((y * y.sin()).sum(), [x, *layer.parameters()])])
    for mine, other in zip(*results, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-9)


def test_it_is_accurate_far_from_zero():
    """At an offset of 1e4 in float32 the variance is not lost to rounding."""
    x = (drawn(9, 64) + 1e4).float()
    exact = x.double()
    centered = exact - exact.mean(1, keepdim=True)
    expected = centered / (exact.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(layer_norm(x, (64,)).double(), expected, rtol=0, atol=2e-3)


def test_equal_features_become_zero():
    """Without variance nothing is divided by zero, in value or gradient."""
    x = torch.full((3, 6), 7.0, requires_grad=True)
    y = LayerNorm(6)(x)
    (y * torch.arange(6.0)).sum().backward()
    assert torch.equal(y, torch.zeros(3, 6))
    assert torch.isfinite(x.grad).all()


def test_other_examples_do_not_matter():
    """The output for an example is the same alone and in a batch, in training and evaluation."""
    x = drawn(5, 6)
    layer = LayerNorm(6).double()
    together, alone = layer(x), torch.cat([layer(row[None]) for row in x])
    assert torch.equal(together, alone)
    assert torch.equal(together, layer.eval()(x))


def test_scale_and_offset_of_an_example_do_not_matter():
    """It leaves a + b x as it leaves x, for a positive b."""
    x = drawn(5, 6)
    torch.testing.assert_close(
        layer_norm(100 * x - 30, (6,), eps=0.0), layer_norm(x, (6,), eps=0.0)
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"normalized_shape": ()},
            "normalized_shape must hold sizes of at least 1. Got ().",
        ),
        (
            {"normalized_shape": (3, 0)},
            "normalized_shape must hold sizes of at least 1. Got (3, 0).",
        ),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        LayerNorm(**{"normalized_shape": 5} | settings)
    assert str(error.value) == message


@pytest.mark.parametrize("shape", [(2, 5), (6,)])
def test_a_bad_input_is_named(shape):
    """The message says which axes were expected and what came."""
    with pytest.raises(ValueError, match="must end") as error:
        LayerNorm((4, 6))(torch.zeros(shape))
    assert str(error.value) == f"x must end in the axes (4, 6). Got the shape {shape}."


@pytest.mark.parametrize("norm", [None, Part(nn.BatchNorm2d)], ids=["none", "batch norm"])
def test_it_is_inserted_or_exchanged(norm):
    """It comes once before each activation, over all features of an example."""
    recipe = images().set_model(norm=norm)
    model = untrained(recipe)
    for part in apply(recipe).start:
        model = part(model, recipe.peek(), recipe)
    norms = [module for module in model.modules() if is_normalization(module)]
    assert [module.normalized_shape for module in norms] == [(16, 8, 8), (32, 4, 4)]


def test_a_network_that_has_it_is_left():
    """There is nothing to add to a transformer."""
    with pytest.raises(NotApplicable, match="normalized already, by LayerNorm"):
        apply(rows())
