"""Learning-rate schedules as a family, against torch's `SequentialLR` and `LambdaLR`."""

from __future__ import annotations

from functools import partial

import pytest
from torch.optim import lr_scheduler

from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.learning_rate_schedule.experiment import apply
from catalog.optimization.learning_rate_schedule.reference import constant, in_phases, progress


def line(step: int, total_steps: int) -> float:
    """Return a factor that tells of both arguments."""
    return step + 1000 * total_steps


def test_phases_are_joined_as_torch_joins_schedulers(torch_rates):
    """A rise, a level and a fall give the rates of three schedulers one after the other."""

    def make(optimizer):
        rise = lr_scheduler.LinearLR(optimizer, 0.25, 1.0, total_iters=10)
        level = lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=1000)
        fall = lr_scheduler.PolynomialLR(optimizer, total_iters=60, power=2)
        return lr_scheduler.SequentialLR(optimizer, [rise, level, fall], milestones=[10, 40])

    phases = (
        (0.1, lambda t, total: 0.25 + 0.75 * t / total),
        (0.3, lambda _t, _total: 0.5),
        (0.6, lambda t, total: (1 - t / total) ** 2),
    )
    ours = [in_phases(step, 100, phases) for step in range(100)]
    assert ours == pytest.approx(torch_rates(make, 100), abs=1e-12)


def test_a_phase_is_told_its_own_steps_alone():
    """Each schedule counts from its phase's start and knows its phase's length."""
    phases = ((0.2, line), (0.8, line))
    assert [in_phases(step, 10, phases) for step in (0, 1, 2, 9)] == [2000, 2001, 8000, 8007]


def test_past_the_end_the_last_phase_goes_on():
    """A scheduler asks for one rate more than there are steps."""
    assert in_phases(11, 10, ((0.2, line), (0.8, line))) == 8009


@pytest.mark.parametrize("shares", [(0.0, 1.0, 0.0), (0.001, 0.999), (0.0, 0.999, 0.001)])
def test_a_phase_too_short_for_a_step_is_passed_over(shares):
    """No schedule is told of a phase of no steps, at either end."""
    phases = tuple((share, line) for share in shares)
    assert [in_phases(step, 10, phases) for step in (0, 5, 9)] == [10_000, 10_005, 10_009]


def test_torch_takes_a_schedule_as_a_lambda(torch_rates):
    """`LambdaLR` with the length filled in gives the factors as rates."""
    schedule = partial(in_phases, total_steps=9, phases=((1 / 3, line), (2 / 3, constant)))
    rates = torch_rates(lambda optimizer: lr_scheduler.LambdaLR(optimizer, schedule), 9)
    assert rates == [3000.0, 3001.0, 3002.0, *[1.0] * 6]


def test_a_constant_schedule_does_nothing():
    """A run with it has the losses of a run without a schedule."""
    recipe = short().replace(epochs=2)
    scheduled = recipe.replace(schedule=apply(recipe).schedule.set(phases=((1.0, constant),)))
    assert train(scheduled).final == train(recipe).final


def test_the_rate_rises_first_and_then_falls():
    """The run that is recommended peaks once, at the end of the warm-up, and ends low."""
    fit = train(apply(short(), warm_up=0.2))
    rates = list(fit.history.series["lr"].value / fit.recipe.lr)
    top = rates.index(1.0)
    assert top == 20
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[0] < 0.02
    assert rates[-1] < 0.001


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0), "total_steps must be at least 1. Got 0."),
        ((-1, 5), "step must be at least 0. Got -1."),
    ],
)
def test_bad_steps_are_named(arguments, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        progress(*arguments)
    assert str(error.value) == message


@pytest.mark.parametrize("shares", [(0.5, 0.6), (-0.5, 1.5), (0.5, float("nan")), ()])
def test_bad_shares_are_named(shares):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="phases") as error:
        in_phases(0, 10, tuple((share, constant) for share in shares))
    assert str(error.value) == (
        f"the shares of phases must be at least 0 and sum to 1. Got {list(shares)}."
    )
