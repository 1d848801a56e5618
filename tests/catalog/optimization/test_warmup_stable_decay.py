"""Warmup-stable-decay, against torch's schedulers in a row."""

from __future__ import annotations

import math

import pytest
from torch.optim import lr_scheduler

from catalog.optimization.warmup_stable_decay.reference import warmup_stable_decay


@pytest.mark.parametrize("shape", ["linear", "exponential"])
def test_it_is_torch_s_schedulers_in_a_row(torch_rates, shape):
    """Rise, level and fall are those of three schedulers joined at their milestones."""

    def make(optimizer):
        rise = lr_scheduler.LinearLR(optimizer, 0.1, 1.0, total_iters=10)
        level = lr_scheduler.ConstantLR(optimizer, 1.0, total_iters=1)
        fall = (
            lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=20)
            if shape == "linear"
            else lr_scheduler.ExponentialLR(optimizer, gamma=0.01 ** (1 / 20))
        )
        return lr_scheduler.SequentialLR(optimizer, [rise, level, fall], milestones=[10, 80])

    ours = [warmup_stable_decay(t, 100, 0.1, 0.2, shape, start_factor=0.1) for t in range(100)]
    assert ours == pytest.approx(torch_rates(make, 100), abs=1e-12)


def test_the_root_falls_from_one_to_zero():
    """The third shape is 1 - sqrt(s) over the last phase, and 0 past the end."""
    ours = [warmup_stable_decay(t, 50, 0.0, 0.2, "1-sqrt") for t in range(52)]
    expected = [1.0] * 40 + [1 - math.sqrt(min(1.0, s / 10)) for s in range(12)]
    assert ours == pytest.approx(expected, abs=1e-12)


def test_no_rise_and_no_fall_is_a_constant_rate():
    """The neutral setting gives the factor 1 on every step."""
    assert [warmup_stable_decay(t, 10, 0.0, 0.0) for t in range(12)] == [1.0] * 12


def test_the_level_does_not_depend_on_the_length_of_the_run():
    """A longer run with as many steps of rise starts in the same way: it can be prolonged."""
    short = [warmup_stable_decay(t, 100, 0.1, 0.1) for t in range(90)]
    long = [warmup_stable_decay(t, 200, 0.05, 0.05) for t in range(90)]
    assert short == pytest.approx(long)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"warm_up": 0.6, "decay": 0.5},
            "warm_up and decay must be at least 0 and sum to at most 1. Got 0.6, 0.5.",
        ),
        (
            {"warm_up": -0.1},
            "warm_up and decay must be at least 0 and sum to at most 1. Got -0.1, 0.1.",
        ),
        (
            {"decay": float("nan")},
            "warm_up and decay must be at least 0 and sum to at most 1. Got 0.0, nan.",
        ),
        ({"shape": "cosine"}, "shape must be one of linear, 1-sqrt, exponential. Got cosine."),
        ({"warm_up": 0.1, "start_factor": 2.0}, "start_factor must be from 0 to 1. Got 2.0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        warmup_stable_decay(0, 10, **settings)
    assert str(error.value) == message
