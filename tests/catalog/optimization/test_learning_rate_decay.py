"""Learning-rate decay, against torch's schedulers and published formulas."""

from __future__ import annotations

import pytest
from torch.optim import lr_scheduler

from catalog.optimization.learning_rate_decay.reference import (
    exponential_decay,
    inverse_power_decay,
    linear_decay,
    polynomial_decay,
    step_decay,
)

STEPS = 60
CASES = {
    "milestones": (
        lambda t: step_decay(t, STEPS, milestones=(0.5, 0.75), gamma=0.1),
        lambda o: lr_scheduler.MultiStepLR(o, milestones=[30, 45], gamma=0.1),
    ),
    "a milestone twice": (
        lambda t: step_decay(t, STEPS, milestones=(0.1, 0.5, 0.5), gamma=0.3),
        lambda o: lr_scheduler.MultiStepLR(o, milestones=[6, 30, 30], gamma=0.3),
    ),
    "equal steps": (
        lambda t: step_decay(t, STEPS, milestones=(0.25, 0.5, 0.75, 1.0), gamma=0.5),
        lambda o: lr_scheduler.StepLR(o, step_size=15, gamma=0.5),
    ),
    "linear": (
        lambda t: linear_decay(t, STEPS),
        lambda o: lr_scheduler.LinearLR(o, 1.0, 0.0, total_iters=STEPS),
    ),
    "linear to a tenth": (
        lambda t: linear_decay(t, STEPS, end_factor=0.1),
        lambda o: lr_scheduler.LinearLR(o, 1.0, 0.1, total_iters=STEPS),
    ),
    "square": (
        lambda t: polynomial_decay(t, STEPS, power=2.0),
        lambda o: lr_scheduler.PolynomialLR(o, total_iters=STEPS, power=2.0),
    ),
    "root": (
        lambda t: polynomial_decay(t, STEPS, power=0.5),
        lambda o: lr_scheduler.PolynomialLR(o, total_iters=STEPS, power=0.5),
    ),
    "exponential": (
        lambda t: exponential_decay(t, STEPS, end_factor=0.01),
        lambda o: lr_scheduler.ExponentialLR(o, gamma=0.01 ** (1 / STEPS)),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_torch_s_schedule(torch_rates, case):
    """Each shape gives the rates of torch's scheduler, up to the end of the run and past it."""
    ours, theirs = CASES[case]
    steps = STEPS + 10
    assert [ours(t) for t in range(steps)] == pytest.approx(torch_rates(theirs, steps), abs=1e-9)


@pytest.mark.parametrize("warm_up", [5, 20])
def test_the_inverse_root_is_that_of_the_transformer(warm_up):
    """After W warm-up steps of t it is min(t^-1/2, t W^-3/2) over its peak, the published rule."""
    total = 100
    hold = warm_up / (total - warm_up)
    for t in range(warm_up, total):
        published = min(t**-0.5, t * warm_up**-1.5) / warm_up**-0.5
        ours = inverse_power_decay(t - warm_up, total - warm_up, hold=hold, power=0.5)
        assert ours == pytest.approx(published, abs=1e-12)


def test_the_classical_rate_is_the_harmonic_series():
    """With power 1 and one step of time scale the rates are 1, 1/2, 1/3, ..."""
    rates = [inverse_power_decay(t, 10, hold=0.1, power=1.0) for t in range(10)]
    assert rates == pytest.approx([1 / (t + 1) for t in range(10)])


@pytest.mark.parametrize(
    ("schedule", "settings"),
    [
        (step_decay, {"milestones": ()}),
        (step_decay, {"gamma": 1.0}),
        (linear_decay, {"end_factor": 1.0}),
        (polynomial_decay, {"end_factor": 1.0}),
        (exponential_decay, {"end_factor": 1.0}),
        (inverse_power_decay, {"power": 0.0}),
    ],
)
def test_a_neutral_setting_leaves_the_rate(schedule, settings):
    """Without a fall the factor is 1 throughout."""
    assert [schedule(t, 10, **settings) for t in range(12)] == [1.0] * 12


@pytest.mark.parametrize(
    ("schedule", "settings", "message"),
    [
        (step_decay, {"milestones": (0.5, 3)}, "milestones must be from 0 to 1. Got (0.5, 3)."),
        (step_decay, {"gamma": 0.0}, "gamma must be above 0 and at most 1. Got 0.0."),
        (linear_decay, {"end_factor": -0.1}, "end_factor must be from 0 to 1. Got -0.1."),
        (polynomial_decay, {"power": 0.0}, "power must be above 0. Got 0.0."),
        (polynomial_decay, {"end_factor": 2.0}, "end_factor must be from 0 to 1. Got 2.0."),
        (
            exponential_decay,
            {"end_factor": 0.0},
            "end_factor must be above 0 and at most 1. Got 0.0.",
        ),
        (inverse_power_decay, {"hold": 0.0}, "hold must be above 0. Got 0.0."),
        (inverse_power_decay, {"power": float("nan")}, "power must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(schedule, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        schedule(0, 10, **settings)
    assert str(error.value) == message
