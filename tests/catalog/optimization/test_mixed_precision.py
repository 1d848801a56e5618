"""Mixed precision: the scaler, against torch's own, and what is computed in how many bits."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.mixed_precision.experiment import apply, in_low_precision
from catalog.optimization.mixed_precision.reference import LossScaler, MixedPrecision

INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize(
    "settings", [{}, {"scale": 8.0, "growth": 3.0, "backoff": 0.25, "interval": 2}], ids=str
)
def test_it_scales_as_torch_s_scaler(settings):
    """Over losses that overflow now and then, scale and weights are those of `GradScaler`."""
    names = {
        "scale": "init_scale",
        "growth": "growth_factor",
        "backoff": "backoff_factor",
        "interval": "growth_interval",
    }
    ours = LossScaler(**settings)
    theirs = torch.amp.GradScaler("cpu", **{names[k]: v for k, v in settings.items()})
    weights = [torch.ones(3, requires_grad=True) for _ in range(2)]
    optimizers = [torch.optim.SGD([w], lr=0.1, momentum=0.9) for w in weights]
    for factor in (1.0, 2.0, INF, 1.0, NAN, INF, 3.0, 1.0, 1.0, 1.0, 1.0):
        for w in weights:
            w.grad = None
        before = weights[0].detach().clone()
        ours.scale((weights[0] * factor).sum()).backward()
        theirs.scale((weights[1] * factor).sum()).backward()
        stepped = ours.step(optimizers[0])
        theirs.step(optimizers[1])
        theirs.update()
        assert ours.value == theirs.get_scale()
        assert torch.equal(*weights)
        assert stepped == math.isfinite(factor)
        assert torch.equal(before, weights[0]) != stepped


def test_scaling_saves_what_float16_would_lose():
    """A gradient of 2⁻²⁶ is zero in float16, and exact when the loss is scaled."""
    x = torch.tensor([2.0**-26])

    def gradient(scaler):
        w = torch.ones(1, requires_grad=True)
        # The product's gradient is cast to float16 on its way back to the weight.
        scaler.scale((w.half().float() * x).sum()).backward()
        scaler.step(torch.optim.SGD([w], lr=0.0))
        return float(w.grad)

    assert gradient(LossScaler(1.0)) == 0.0
    assert gradient(LossScaler(2.0**10)) == 2.0**-26


def test_weights_are_kept_in_32_bits_and_products_computed_in_16():
    """The outputs are those of weights and inputs rounded to bfloat16, given in 32 bits."""
    torch.manual_seed(0)
    layer, x = nn.Linear(8, 3), torch.randn(5, 8)
    outputs = MixedPrecision(layer)(x)
    rounded = nn.functional.linear(x.bfloat16(), layer.weight.bfloat16(), layer.bias.bfloat16())
    assert outputs.dtype == layer.weight.dtype == torch.float32
    torch.testing.assert_close(outputs, rounded.float())
    assert not torch.equal(outputs, layer(x))
    outputs.sum().backward()
    assert layer.weight.grad.dtype == torch.float32


def test_an_update_that_bfloat16_would_round_away_is_kept():
    """A weight of one moves by a thousandth in mixed precision, and stays in bfloat16."""

    def moved(wrap):
        layer = nn.Linear(1, 1, bias=False)
        nn.init.ones_(layer.weight)
        model = wrap(layer)
        model(torch.ones(1, 1)).sum().backward()
        torch.optim.SGD(model.parameters(), lr=1e-3).step()
        return 1 - float(layer.weight.detach())

    assert abs(moved(MixedPrecision) - 1e-3) < 1e-6
    assert moved(lambda layer: in_low_precision(layer, None, None)) == 0.0


def test_a_run_in_mixed_precision_follows_the_run_in_32_bits():
    """It starts from the same loss, but for the rounding, and learns as fast."""
    mixed, plain = (train(r).history.series["loss"].value for r in (apply(short(50)), short(50)))
    assert mixed[0] == pytest.approx(plain[0], rel=0.01)
    assert mixed[0] != plain[0]
    assert mixed[-5:].mean() == pytest.approx(plain[-5:].mean(), rel=0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": 0.0}, "scale must be above 0. Got 0.0."),
        ({"growth": 1.0}, "growth must be above 1. Got 1.0."),
        ({"backoff": 1.0}, "backoff must be above 0 and below 1. Got 1.0."),
        ({"interval": 0}, "interval must be at least 1. Got 0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        LossScaler(**settings)
    assert str(error.value) == message


def test_a_format_that_is_no_16_bits_is_refused():
    """There is nothing to mix."""
    with pytest.raises(ValueError, match="dtype must be") as error:
        MixedPrecision(nn.Linear(1, 1), torch.float32)
    assert str(error.value) == ("dtype must be torch.bfloat16 or torch.float16. Got torch.float32.")
