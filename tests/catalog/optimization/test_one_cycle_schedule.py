"""The one-cycle schedule, against torch's `OneCycleLR`."""

from __future__ import annotations

import pytest
import torch
from torch.optim import lr_scheduler

from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.lab.train import Callback, train
from catalog.optimization.one_cycle_schedule.experiment import apply
from catalog.optimization.one_cycle_schedule.reference import one_cycle, one_cycle_momentum

OPTIONS = [
    {},
    {"pct_start": 0.1},
    {"pct_start": 0.5, "three_phase": True},
    {"pct_start": 0.25, "three_phase": True, "anneal_strategy": "linear"},
    {"anneal_strategy": "linear", "div_factor": 10.0, "final_div_factor": 100.0},
    {"div_factor": 1.0, "final_div_factor": 1.0},
    {"base_momentum": 0.3, "max_momentum": 0.8},
]


def torch_cycle(steps: int, **options: object) -> tuple[list[float], list[float]]:
    """Return the rates and the momenta of torch's scheduler, for a peak of 1."""
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=1.0, momentum=0.9)
    scheduler = lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps, **options)
    rates, momenta = [], []
    for step in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if step < steps - 1:
            scheduler.step()
    return rates, momenta


@pytest.mark.parametrize("steps", [17, 100])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_rate_and_momentum_are_torch_s(options, steps):
    """Both follow torch's scheduler step by step, whatever the options."""
    shared = {name: options[name] for name in ("pct_start", "three_phase") if name in options}
    shared["anneal"] = options.get("anneal_strategy", "cos")
    ratios = {n: options[n] for n in ("div_factor", "final_div_factor") if n in options}
    bounds = {
        "low": options.get("base_momentum", 0.85),
        "high": options.get("max_momentum", 0.95),
    }
    rates, momenta = torch_cycle(steps, **options)
    ours = [one_cycle(t, steps, **shared, **ratios) for t in range(steps)]
    assert ours == pytest.approx(rates, abs=1e-12)
    ours = [one_cycle_momentum(t, steps, **shared, **bounds) for t in range(steps)]
    assert ours == pytest.approx(momenta, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 10])
def test_a_rise_of_one_step_is_no_division_by_zero(steps):
    """Where the rise has no step between its ends, the factors stay within their range."""
    factors = [one_cycle(t, steps, pct_start=0.1) for t in range(steps + 2)]
    assert all(1 / 25e4 - 1e-12 <= factor <= 1 for factor in factors)


def test_the_neutral_settings_change_nothing():
    """Ratios of 1 leave the rate, and equal bounds leave the momentum."""
    assert {one_cycle(t, 9, div_factor=1.0, final_div_factor=1.0) for t in range(9)} == {1.0}
    assert {one_cycle_momentum(t, 9, low=0.9, high=0.9) for t in range(9)} == {0.9}


class Recorder(Callback):
    """Notes the momentum that each step is about to use."""

    seen: list[float]

    def on_start(self, loop):
        """Begin a new list."""
        type(self).seen = [momentum(loop.optimizer)]

    def after_step(self, loop):
        """Add the next step's."""
        self.seen.append(momentum(loop.optimizer))


def momentum(optimizer: torch.optim.Optimizer) -> float:
    """Return the first group's momentum or β₁."""
    group = optimizer.param_groups[0]
    return group["betas"][0] if "betas" in group else group["momentum"]


SGD = Part(torch.optim.SGD, momentum=0.9)
ADAM = Part(torch.optim.Adam)


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["SGD", "Adam"])
def test_a_run_uses_the_momentum_of_each_step(optimizer):
    """The callback sets what torch's scheduler sets, from the first step on."""
    train(apply(short(20).replace(optimizer=optimizer)).plus(callbacks=Part(Recorder)))
    _, momenta = torch_cycle(20)
    assert Recorder.seen[:20] == pytest.approx(momenta, abs=1e-12)


def test_no_momentum_is_given_to_an_optimizer_without():
    """Plain SGD stays plain: the peak was found without momentum."""
    train(apply(short(20)).plus(callbacks=Part(Recorder)))
    assert set(Recorder.seen) == {0}


@pytest.mark.parametrize(
    ("schedule", "settings", "message"),
    [
        (one_cycle, {"div_factor": 0.5}, "div_factor must be at least 1. Got 0.5."),
        (
            one_cycle,
            {"final_div_factor": float("nan")},
            "final_div_factor must be at least 1. Got nan.",
        ),
        (one_cycle, {"anneal": "sqrt"}, "anneal must be cos or linear. Got sqrt."),
        (
            one_cycle,
            {"pct_start": 1.0},
            "pct_start must be above 0 and below 1, or at most 0.5 with three phases. Got 1.0.",
        ),
        (
            one_cycle_momentum,
            {"pct_start": 0.6, "three_phase": True},
            "pct_start must be above 0 and below 1, or at most 0.5 with three phases. Got 0.6.",
        ),
        (
            one_cycle_momentum,
            {"low": 0.9, "high": 0.8},
            "low and high must be rising, from 0 and below 1. Got 0.9, 0.8.",
        ),
    ],
)
def test_a_bad_setting_is_named(schedule, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        schedule(0, 10, **settings)
    assert str(error.value) == message
