"""Root mean square normalization, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.rms_normalization.experiment import apply
from catalog.architecture.rms_normalization.reference import RMSNorm, rms_norm
from catalog.lab.models import untrained
from catalog.lab.surgery import is_normalization
from catalog.lab.tasks import rows

OPTIONS = [{}, {"eps": 0.1}, {"eps": 0.0}, {"elementwise_affine": False}]


def drawn(*shape, seed=5):
    """Draw float64 numbers, the same for the same shape and seed."""
    generator = torch.Generator().manual_seed(seed)
    return 3 + 2 * torch.randn(shape, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("normalized_shape", [6, (6,), (4, 6), (5, 4, 6)], ids=str)
def test_it_is_torch_s_layer(normalized_shape, options):
    """Outputs and gradients agree, and either loads the other's state."""
    ours = RMSNorm(normalized_shape, **options).double()
    theirs = nn.RMSNorm(normalized_shape, **options).double()
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


def test_the_default_eps_is_that_of_the_data_type():
    """A tiny input shows it, in float32 as in float64."""
    for dtype in (torch.float32, torch.float64):
        a = torch.full((1, 4), 1e-5, dtype=dtype)
        torch.testing.assert_close(rms_norm(a, (4,)), nn.functional.rms_norm(a, (4,)))


def test_it_is_accurate_far_from_zero():
    """At an offset of 1e4 in float32 the offset survives, and the rest is right beside it."""
    a = (drawn(9, 64) + 1e4).float()
    exact = a.double()
    expected = exact / exact.square().mean(1, keepdim=True).sqrt()
    torch.testing.assert_close(rms_norm(a, (64,)).double(), expected, rtol=1e-6, atol=0)


def test_zeros_stay_zero():
    """Nothing is divided by zero, in value or gradient."""
    a = torch.zeros(3, 6, requires_grad=True)
    y = RMSNorm(6)(a)
    y.sum().backward()
    assert torch.equal(y, torch.zeros(3, 6))
    assert torch.isfinite(a.grad).all()


def test_an_example_of_size_one_stays():
    """Features whose root mean square is 1 pass unchanged, and ten times as large ones alike."""
    a = drawn(5, 6)
    a = a / a.square().mean(1, keepdim=True).sqrt()
    torch.testing.assert_close(rms_norm(a, (6,), eps=0.0), a)
    torch.testing.assert_close(rms_norm(10 * a, (6,), eps=0.0), a)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"normalized_shape": (3, 0)},
            "normalized_shape must hold sizes of at least 1. Got (3, 0).",
        ),
        ({"eps": -1.0}, "eps must be at least 0, or None. Got -1.0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        RMSNorm(**{"normalized_shape": 5} | settings)
    assert str(error.value) == message


@pytest.mark.parametrize("shape", [(2, 5), (6,)])
def test_a_bad_input_is_named(shape):
    """The message says which axes were expected and what came."""
    with pytest.raises(ValueError, match="must end") as error:
        RMSNorm((4, 6))(torch.zeros(shape))
    assert str(error.value) == f"a must end in the axes (4, 6). Got the shape {shape}."


def test_it_takes_the_place_of_layer_normalization():
    """All nine of the transformer are exchanged, with the same features."""
    model = untrained(rows())
    for part in apply(rows()).start:
        model = part(model, rows().peek(), rows())
    norms = [module for module in model.modules() if is_normalization(module)]
    assert len(norms) == 9
    assert all(isinstance(norm, RMSNorm) and norm.normalized_shape == (32,) for norm in norms)
