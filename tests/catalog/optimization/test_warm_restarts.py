"""Warm restarts, against torch's `CosineAnnealingWarmRestarts`."""

from __future__ import annotations

from itertools import pairwise

import pytest
from torch.optim import lr_scheduler

from catalog.optimization.warm_restarts.reference import cycle_of, warm_restarts


@pytest.mark.parametrize("end_factor", [0.0, 0.1])
@pytest.mark.parametrize(
    ("total", "cycles", "multiplier", "first"),
    [(70, 3, 2, 10), (60, 6, 1, 10), (130, 3, 3, 10), (50, 1, 2, 50)],
)
def test_it_is_torch_s_schedule(torch_rates, total, cycles, multiplier, first, end_factor):
    """The rates are torch's on every step, and go on past the end as torch's do."""
    rates = torch_rates(
        lambda optimizer: lr_scheduler.CosineAnnealingWarmRestarts(
            optimizer, T_0=first, T_mult=multiplier, eta_min=end_factor
        ),
        total + 20,
    )
    ours = [warm_restarts(t, total, cycles, multiplier, end_factor) for t in range(total + 20)]
    assert ours == pytest.approx(rates, abs=1e-12)


@pytest.mark.parametrize("total", [99, 100, 101, 400])
def test_the_run_never_ends_just_after_a_restart(total):
    """Whatever the length, the last step is the end of a cycle, at a rate near zero."""
    factors = [warm_restarts(t, total, cycles=3, multiplier=2) for t in range(total)]
    assert factors[-1] < 0.01
    assert sum(b > a for a, b in pairwise(factors)) == 2


def test_a_cycle_is_where_the_sum_of_cycles_says():
    """Cycles of 3, 6 and 12 steps begin at 0, 3 and 9."""
    assert [cycle_of(t, 3, 2) for t in (0, 2, 3, 8, 9, 20, 21)] == [
        (0, 3),
        (2, 3),
        (0, 6),
        (5, 6),
        (0, 12),
        (11, 12),
        (0, 24),
    ]


def test_an_end_as_high_as_the_peak_is_a_constant_rate():
    """The neutral setting gives the factor 1 on every step."""
    assert {warm_restarts(t, 20, end_factor=1.0) for t in range(20)} == {1.0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cycles": 0}, "cycles must be at least 1. Got 0."),
        ({"multiplier": 0}, "multiplier must be at least 1. Got 0."),
        ({"end_factor": float("nan")}, "end_factor must be from 0 to 1. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        warm_restarts(0, 10, **settings)
    assert str(error.value) == message


def test_a_first_cycle_of_nothing_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        cycle_of(0, 0.0)
    assert str(error.value) == "first_cycle must be above 0. Got 0.0."
