"""Reducing the rate on a plateau, against torch's `ReduceLROnPlateau`."""

from __future__ import annotations

import math

import pytest
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.reduce_on_plateau.experiment import ReduceRate, apply
from catalog.optimization.reduce_on_plateau.reference import Plateau, ReduceOnPlateau

RULE = ("mode", "patience", "threshold", "threshold_mode", "cooldown")
OPTIONS = [
    {"patience": 3},
    {"patience": 0, "factor": 0.5},
    {"patience": 1, "cooldown": 4},
    {"patience": 2, "threshold": 0.05},
    {"patience": 2, "threshold": 0.05, "threshold_mode": "abs"},
    {"patience": 2, "mode": "max", "threshold": 0.05},
    {"patience": 2, "mode": "max", "threshold": 0.05, "threshold_mode": "abs"},
    {"patience": 0, "min_lr": 0.01},
    {"patience": 0, "eps": 0.02},
    {},
]


def optimizer() -> torch.optim.Optimizer:
    """Return an optimizer with two rates."""
    groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.3}]
    return torch.optim.SGD(groups, lr=1.0)


def rates_of(chosen: torch.optim.Optimizer) -> list[float]:
    """Return the rates of all groups."""
    return [group["lr"] for group in chosen.param_groups]


def values(sign: float) -> list[float]:
    """Return a noisy curve that improves, stays, and improves again, with a NaN in it."""
    noise = torch.randn(120, generator=torch.Generator().manual_seed(5)).tolist()
    level = [max(1.0, 3 - 0.1 * i) - 0.8 * (i > 80) for i in range(120)]
    curve = [sign * (a + 0.1 * b) for a, b in zip(level, noise, strict=True)]
    curve[7] = math.nan
    return curve


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_cuts_when_and_as_torch_does(options):
    """The rates of all groups are torch's after each of 120 checks, whatever the options."""
    ours, theirs = optimizer(), optimizer()
    plateau = Plateau(**{name: options[name] for name in RULE if name in options})
    rest = {name: value for name, value in options.items() if name not in RULE}
    rule, scheduler = ReduceOnPlateau(ours, plateau, **rest), ReduceLROnPlateau(theirs, **options)
    cuts = 0
    for value in values(-1.0 if options.get("mode") == "max" else 1.0):
        cuts += rule.step(value)
        scheduler.step(value)
        assert rates_of(ours) == rates_of(theirs)
    assert cuts > 0


def test_a_loss_that_keeps_falling_is_never_cut():
    """With each check a new best, there is no plateau."""
    plateau = Plateau(patience=0)
    assert not any(plateau.check(100 - i) for i in range(100))


def test_it_goes_on_from_a_saved_state():
    """A rule made anew with the state of another says the same from there."""
    curve = values(1.0)
    whole, first, second = (Plateau(patience=2, cooldown=3) for _ in range(3))
    expected = [whole.check(value) for value in curve]
    found = [first.check(value) for value in curve[:50]]
    second.load_state_dict(first.state_dict())
    found += [second.check(value) for value in curve[50:]]
    assert found == expected
    assert any(expected[50:])


def test_a_run_is_cut_after_the_evaluation_that_ends_the_plateau():
    """On an accuracy watched as if it were a loss, each check is worse, and each epoch is cut."""
    recipe = apply(short()).replace(
        epochs=8, callbacks=(Part(ReduceRate, factor=0.5, patience=1, monitor="train_accuracy"),)
    )
    fit = train(recipe)
    accuracy = fit.history.series["train_accuracy"].value
    rule = ReduceLROnPlateau(torch.optim.SGD([torch.zeros(1)], lr=0.1), factor=0.5, patience=1)
    expected = []
    for value in accuracy:
        expected += [rule.optimizer.param_groups[0]["lr"]] * fit.history.steps_per_epoch
        rule.step(value)
    assert list(fit.history.series["lr"].value) == pytest.approx(expected)
    assert len(set(expected)) > 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mode": "low"}, "mode must be min or max. Got low."),
        ({"patience": -1}, "patience must be at least 0. Got -1."),
        ({"threshold": float("nan")}, "threshold must be at least 0. Got nan."),
        ({"threshold_mode": "log"}, "threshold_mode must be rel or abs. Got log."),
        ({"cooldown": -2}, "cooldown must be at least 0. Got -2."),
    ],
)
def test_a_bad_rule_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Plateau(**settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"factor": 1.0}, "factor must be at least 0 and below 1. Got 1.0."),
        ({"min_lr": -0.1}, "min_lr must be at least 0. Got -0.1."),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
    ],
)
def test_a_bad_cut_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        ReduceOnPlateau(optimizer(), Plateau(), **settings)
    assert str(error.value) == message
