"""Longer training: stretched schedules, and scipy's line through the end of a curve."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from scipy import stats
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR

from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.cosine_schedule.reference import cosine
from catalog.optimization.longer_training.experiment import LEFT, apply
from catalog.optimization.longer_training.reference import held, slope, stretched


def planned(step: float) -> float:
    """Return the factor of a cosine over 30 steps."""
    return (1 + math.cos(math.pi * step / 30)) / 2


def test_a_stretched_schedule_is_torch_s_of_the_new_length(torch_rates):
    """A cosine of 30 steps stretched to 90 has the rates of torch's with `T_max` 90."""
    ours = torch_rates(partial(LambdaLR, lr_lambda=stretched(planned, 30, 90)), 90)
    theirs = torch_rates(partial(CosineAnnealingLR, T_max=90), 90)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_a_schedule_stretched_to_its_own_length_is_itself():
    """The neutral setting changes nothing."""
    same = stretched(planned, 30, 30)
    assert [same(t) for t in range(30)] == [planned(t) for t in range(30)]


def test_a_schedule_that_is_held_stays_at_its_last_rate():
    """It is the old one to its last step, and then that step's."""
    kept = held(planned, 30, 90)
    assert [kept(t) for t in range(90)] == [planned(min(t, 29)) for t in range(90)]


def test_a_longer_run_stretches_its_schedule():
    """The recipe that is recommended ends as low on its rate as the short one did."""
    recipe = short().replace(schedule=Part(cosine), epochs=2)
    rates = train(apply(recipe, factor=3)).history.series["lr"].value / recipe.lr
    assert list(rates) == pytest.approx([cosine(t, 60) for t in range(60)])


def test_the_run_left_at_its_length_stands_still_after_it():
    """The arm to compare with falls within a quarter of its steps and stays there."""
    rates = train(LEFT.replace(epochs=4)).history.series["lr"].value / LEFT.lr
    expected = [cosine(min(t, 9), 10) for t in range(40)]
    assert list(rates) == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_slope_is_scipy_s(share):
    """Slope and error are those of a linear regression on the curve's end."""
    curve = np.random.default_rng(2).standard_normal(80) - 0.01 * np.arange(80)
    end = curve[-math.ceil(share * 80) :]
    expected = stats.linregress(np.arange(len(end)), end)
    found = slope(list(curve), share)
    assert found == pytest.approx((expected.slope, expected.stderr))


def test_a_straight_line_has_no_error():
    """The slope of a line is exact, whatever the offset."""
    found = slope([1e4 - 0.5 * i for i in range(10)])
    assert found == pytest.approx((-0.5, 0.0), abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stretched(planned, 0, 9), "planned must be at least 1. Got 0."),
        (lambda: stretched(planned, 9, 0), "steps must be at least 1. Got 0."),
        (lambda: held(planned, 9, 0), "steps must be at least 1. Got 0."),
        (lambda: slope([1.0] * 9, 0.0), "share must be above 0 and at most 1. Got 0.0."),
        (lambda: slope([1.0] * 4, 0.5), "losses must leave at least 3 values at the end. Got 2."),
        (lambda: slope([]), "losses must leave at least 3 values at the end. Got 0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
