"""The learning-rate range test, against a loop written out and torch's `ExponentialLR`."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.learning_rate_range_test.experiment import apply
from catalog.optimization.learning_rate_range_test.reference import (
    range_test,
    rising_rate,
    suggest,
)


def parts():
    """Return a small network with a buffer, batches, and an optimizer with two rates."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    batches = [(torch.randn(16, 5), torch.randint(0, 3, (16,))) for _ in range(20)]
    groups = [{"params": model[0].parameters()}, {"params": model[3].parameters(), "lr": 0.02}]
    return model, batches, torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def test_it_trains_as_a_loop_with_an_exponential_rate():
    """Rates and losses are those of a plain loop under torch's scheduler."""
    model, batches, optimizer = parts()
    twin = copy.deepcopy(model)
    groups = [{"params": twin[0].parameters()}, {"params": twin[3].parameters(), "lr": 0.2e-4}]
    other = torch.optim.SGD(groups, lr=1e-4, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(other, gamma=1e4 ** (1 / 19))
    losses = []
    for x, y in batches:
        other.zero_grad()
        loss = F.cross_entropy(twin(x), y)
        loss.backward()
        other.step()
        scheduler.step()
        losses.append(float(loss.detach()))
    test = range_test(model, optimizer, batches, F.cross_entropy, 1e-4, 1.0, 20)
    assert test.losses == pytest.approx(losses, rel=1e-5)
    assert test.rates == pytest.approx(np.geomspace(1e-4, 1.0, 20))


def test_it_leaves_everything_as_it_was():
    """Weights, buffers, momentum, rates and gradients are those from before."""
    model, batches, optimizer = parts()
    F.cross_entropy(model(batches[0][0]), batches[0][1]).backward()
    optimizer.step()
    optimizer.zero_grad()
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    range_test(model, optimizer, batches, F.cross_entropy, steps=20)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[0][name])
    after = optimizer.state_dict()
    assert after["param_groups"] == before[1]["param_groups"]
    for key, state in before[1]["state"].items():
        assert torch.equal(after["state"][key]["momentum_buffer"], state["momentum_buffer"])
    assert all(p.grad is None for p in model.parameters())


def test_it_ends_where_the_loss_is_not_finite():
    """The curve holds that loss and nothing after it."""
    x = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(x.parameters(), lr=1.0)
    batches = [(torch.full((1, 1), 1e3), torch.zeros(1, 1))] * 100
    test = range_test(x, optimizer, batches, F.mse_loss, 1e-3, 1e6, 100)
    assert 2 < len(test.losses) < 100
    assert not math.isfinite(test.losses[-1])
    assert all(math.isfinite(loss) for loss in test.losses[:-1])


def test_it_ends_with_the_batches():
    """Fewer batches than steps give a shorter curve, on the same rates."""
    model, batches, optimizer = parts()
    test = range_test(model, optimizer, batches[:7], F.cross_entropy, 1e-4, 1.0, 20)
    assert test.rates == pytest.approx(np.geomspace(1e-4, 1.0, 20)[:7])


RATES = tuple(np.geomspace(1e-4, 10.0, 51))
CURVE = tuple((math.log10(rate) + 1) ** 2 for rate in RATES)  # lowest at 0.1, steepest at first


def test_the_minimum_of_a_curve_is_found():
    """It is where the curve was drawn to have it, divided by the margin."""
    assert suggest(RATES, CURVE, margin=1.0) == pytest.approx(0.1)
    assert suggest(RATES, CURVE, margin=10.0) == pytest.approx(0.01)


def test_the_steepest_point_is_where_the_curve_falls_most():
    """On a curve that falls like a hyperbolic tangent it is the middle of the fall."""
    fall = [-math.tanh(4 * (math.log10(rate) + 2)) for rate in RATES]
    assert suggest(RATES, fall, rule="steepest") == pytest.approx(0.01, rel=0.3)


def test_a_lucky_batch_does_not_decide():
    """One low loss among high ones is averaged away."""
    curve = [*CURVE]
    curve[45] = -0.5
    assert suggest(RATES, curve, margin=1.0, window=1) == pytest.approx(RATES[45])
    assert suggest(RATES, curve, margin=1.0) == pytest.approx(0.1)


def test_losses_that_are_not_finite_are_left_out():
    """The curve ends before them, whatever they are."""
    curve = [*CURVE[:40], math.inf, math.nan]
    assert suggest(RATES, curve, margin=1.0) == pytest.approx(0.1)


def test_a_curve_that_only_rises_gives_its_first_rate():
    """Both rules then say that no rate tried is small enough."""
    rising = [float(i) for i in range(20)]
    assert suggest(RATES, rising, rule="steepest") == RATES[0]
    assert suggest(RATES, rising, margin=1.0) == RATES[0]


def test_a_run_starts_from_the_weights_before_the_test():
    """A run with the test is the run at the rate that it found, and that rate is no wild one."""
    recipe = short().replace(epochs=2, lr=1e-3)
    tested = train(apply(recipe))
    rate = tested.history.series["lr"].value[0]
    assert 0.01 < rate < 1.0
    plain = train(recipe.replace(lr=float(rate)))
    assert tested.final["clean_train_loss"] == pytest.approx(plain.final["clean_train_loss"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low": 0.0}, "low and high must be rising and above 0. Got 0.0, 10.0."),
        ({"low": 1.0, "high": 0.1}, "low and high must be rising and above 0. Got 1.0, 0.1."),
        ({"steps": 1}, "steps must be at least 2. Got 1."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    model, batches, optimizer = parts()
    with pytest.raises(ValueError, match="must be") as error:
        range_test(model, optimizer, batches, F.cross_entropy, **settings)
    assert str(error.value) == message
    with pytest.raises(ValueError, match="must be"):
        rising_rate(0, **{"steps": 10, "low": 1e-6, "high": 10.0} | settings)


def test_an_optimizer_at_rest_is_named():
    """The ratio of its groups' rates would be lost."""
    model, batches, _ = parts()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with pytest.raises(ValueError, match="must be") as error:
        range_test(model, optimizer, batches, F.cross_entropy)
    assert str(error.value) == "the optimizer's rate must be above 0. Got 0.0."


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rule": "valley"}, "rule must be minimum or steepest. Got valley."),
        ({"margin": 0.5}, "margin must be at least 1. Got 0.5."),
        ({"window": 0}, "window must be at least 1. Got 0."),
        ({"losses": [math.nan]}, "losses must hold a finite value. Got [nan]."),
    ],
)
def test_a_bad_reading_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        suggest(**{"rates": RATES, "losses": CURVE} | settings)
    assert str(error.value) == message
