"""Batch normalization, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.batch_normalization.experiment import apply
from catalog.architecture.batch_normalization.reference import BatchNorm
from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import rows

SHAPES = {
    (7, 5): nn.BatchNorm1d,
    (4, 5, 6): nn.BatchNorm1d,
    (3, 5, 4, 2): nn.BatchNorm2d,
}
OPTIONS = [
    {},
    {"eps": 0.1},
    {"momentum": 0.3},
    {"momentum": 0.0},
    {"momentum": 1.0},
    {"momentum": None},
    {"affine": False},
    {"track_running_stats": False},
    {"affine": False, "track_running_stats": False, "momentum": None},
]


def drawn(*shape, seed=5):
    """Draw float64 numbers, the same for the same shape and seed."""
    generator = torch.Generator().manual_seed(seed)
    return 3 + 2 * torch.randn(shape, dtype=torch.float64, generator=generator)


def twins(theirs, **options):
    """Return our layer and torch's, with the same γ and β."""
    pair = [BatchNorm(5, **options).double(), theirs(5, **options).double()]
    for layer in pair:
        for parameter, value in zip(layer.parameters(), drawn(2, 5, seed=1), strict=False):
            parameter.data.copy_(value)
    return pair


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_torch_s_layer(shape, options):
    """Three batches of training and one of evaluation agree in outputs, gradients and state."""
    results = []
    for layer in twins(SHAPES[shape], **options):
        out = []
        for seed in range(4):
            layer.train(seed < 3)
            x = drawn(*shape, seed=seed).requires_grad_()
            y = layer(x)
            out += [y, *torch.autograd.grad((y * y.sin()).sum(), [x, *layer.parameters()])]
        results.append(out + list(layer.state_dict().values()))
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"affine": False}, {"track_running_stats": False}])
def test_weights_go_both_ways(options):
    """The state has torch's names, so that either loads the other's."""
    ours, theirs = BatchNorm(5, **options), nn.BatchNorm2d(5, **options)
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())


def test_it_is_accurate_far_from_zero():
    """At an offset of 1e4 in float32 the variance is not lost to rounding."""
    x = (drawn(64, 5) + 1e4).float()
    layer = BatchNorm(5)
    y = layer(x)
    exact = x.double()
    variance = exact.var(0, unbiased=False)
    expected = (exact - exact.mean(0)) / (variance + 1e-5).sqrt()
    torch.testing.assert_close(y.double(), expected, rtol=0, atol=2e-3)
    torch.testing.assert_close(
        layer.running_var.double(), 0.9 + 0.1 * exact.var(0), rtol=1e-4, atol=0
    )


def test_a_constant_channel_becomes_zero():
    """Without variance nothing is divided by zero, in value or gradient."""
    x = torch.full((6, 5), 7.0, requires_grad=True)
    y = BatchNorm(5)(x)
    (y * torch.arange(6.0)[:, None]).sum().backward()
    assert torch.equal(y, torch.zeros(6, 5))
    assert torch.isfinite(x.grad).all()


def test_what_is_normalized_stays():
    """Channels of mean 0 and variance 1 pass unchanged, and so does a fresh layer's evaluation."""
    x = drawn(50, 5)
    x = (x - x.mean(0)) / x.std(0, unbiased=False)
    layer = BatchNorm(5, eps=0.0).double()
    torch.testing.assert_close(layer(x), x)
    fresh = BatchNorm(5, eps=0.0).double().eval()
    assert torch.equal(fresh(x), x)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_features": 0}, "num_features must be at least 1. Got 0."),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
        ({"eps": float("nan")}, "eps must be at least 0. Got nan."),
        ({"momentum": 1.5}, "momentum must be from 0 to 1, or None. Got 1.5."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        BatchNorm(**{"num_features": 5} | settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((3, 4), "x must have 5 channels in its second axis. Got the shape (3, 4)."),
        ((5,), "x must have 5 channels in its second axis. Got the shape (5,)."),
        (
            (1, 5),
            "x must have more than one value for each channel in training. Got the shape (1, 5).",
        ),
    ],
)
def test_a_bad_input_is_named(shape, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must have") as error:
        BatchNorm(5)(torch.zeros(shape))
    assert str(error.value) == message


def test_a_single_example_is_evaluated():
    """Only training needs a batch."""
    assert BatchNorm(5).eval()(torch.zeros(1, 5)).shape == (1, 5)


def test_a_transformer_is_normalized_already():
    """A second normalization is not put on top."""
    with pytest.raises(NotApplicable, match="normalized already, by LayerNorm"):
        apply(rows())
