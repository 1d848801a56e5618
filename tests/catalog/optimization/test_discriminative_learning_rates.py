"""Discriminative learning rates: each layer's step is the last layer's, divided down."""

from __future__ import annotations

import copy
from functools import partial

import pytest
import torch
from torch import nn

from catalog.lab.models import linear
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import short
from catalog.lab.train import Callback, train
from catalog.optimization.adam.reference import Adam
from catalog.optimization.discriminative_learning_rates.experiment import apply, layerwise
from catalog.optimization.discriminative_learning_rates.reference import (
    layer_factors,
    layers_of,
    learning_layers,
    parameter_groups,
)

NAMES = ["position", "0.weight", "0.bias", "2.norm.weight", "head.weight", "head.bias"]


def test_layers_are_owners_in_order():
    """Weight and bias of a module are one layer; a network's own parameter stands for itself."""
    assert layers_of(NAMES) == ("", "0", "2.norm", "head")


def test_factors_are_divided_from_the_last_layer_down():
    """The head has 1, and each layer below a divisor's part of the one above."""
    assert layer_factors(NAMES, 2.0) == {
        "position": 0.125,
        "0.weight": 0.25,
        "0.bias": 0.25,
        "2.norm.weight": 0.5,
        "head.weight": 1.0,
        "head.bias": 1.0,
    }


def test_groups_hold_every_parameter_once_the_largest_rate_first():
    """Each parameter is in the group of its rate; one without a factor has the full rate."""
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.Linear(3, 1))
    groups = parameter_groups(model.named_parameters(), 0.5, {"0.weight": 0.1, "1.weight": 0.1})
    assert [group["lr"] for group in groups] == [0.5, 0.05]
    assert [[name for name, _ in group["params"]] for group in groups] == [
        ["0.bias", "1.bias", "2.weight", "2.bias"],
        ["0.weight", "1.weight"],
    ]


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam, Adam])
def test_a_step_is_divided(optimizer):
    """From the same gradient each layer moves by its share of what one rate moves it."""
    plain = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 5), nn.Linear(5, 2)).double()
    slowed = copy.deepcopy(plain)
    before = copy.deepcopy(plain.state_dict())
    x = torch.randn(6, 4, dtype=torch.float64)
    for model, made in (
        (plain, optimizer(plain.named_parameters(), lr=0.1)),
        (slowed, layerwise(slowed.named_parameters(), 0.1, Part(optimizer), divisor=2.6)),
    ):
        model(x).square().sum().backward()
        made.step()
    for name, value in plain.state_dict().items():
        distance = {"0": 2, "2": 1, "3": 0}[name[0]]
        torch.testing.assert_close(
            slowed.state_dict()[name] - before[name], (value - before[name]) / 2.6**distance
        )


def test_a_divisor_of_one_is_no_change():
    """With one rate for all the run is the plain one."""
    recipe = short().replace(epochs=2, evaluate_every=2)
    assert train(apply(recipe, divisor=1.0)).final == train(recipe).final


def test_a_schedule_multiplies_every_group():
    """The rate that is logged is the last layer's, and the schedule acts on all."""
    recipe = apply(short()).replace(epochs=1, schedule=Part(halved), callbacks=(Part(Rates),))
    lr = train(recipe).history.series["lr"].value
    assert lr == pytest.approx([0.05] * 10)
    assert Rates.seen == pytest.approx([0.05, 0.05 / 2.6, 0.05 / 2.6**2])


def halved(step, total_steps):  # noqa: ARG001
    """Return half."""
    return 0.5


class Rates(Callback):
    """Notes the rates of the groups."""

    seen: list

    def on_end(self, loop):
        """Note them at the end."""
        Rates.seen = [group["lr"] for group in loop.optimizer.param_groups]


def test_layers_join_from_the_output():
    """The last layer learns in the first epoch, and one more joins after every two."""
    layers = ("a", "b", "c")
    learning = [learning_layers(layers, epoch, 2) for epoch in range(7)]
    assert learning == [{"c"}] * 2 + [{"b", "c"}] * 2 + [{"a", "b", "c"}] * 3


class Moves(Callback):
    """Notes in which epoch each parameter has moved."""

    moved: list

    def on_start(self, loop):
        """Note the start."""
        self.before = copy.deepcopy(loop.model.state_dict())
        Moves.moved = []

    def after_step(self, loop):
        """Compare with the step before."""
        after = copy.deepcopy(loop.model.state_dict())
        Moves.moved.append({n[0] for n in after if not torch.equal(after[n], self.before[n])})
        self.before = after


def test_frozen_layers_do_not_move_until_they_join():
    """Step by step, the parameters that move are those of the layers that have joined."""
    recipe = short().replace(epochs=4, evaluate_every=4)
    train(apply(recipe, epochs_per_layer=1).plus(callbacks=Part(Moves)))
    assert Moves.moved == [{"3"}] * 10 + [{"2", "3"}] * 10 + [{"1", "2", "3"}] * 20


def test_it_says_why_it_does_not_fit():
    """A single layer has nothing before it."""
    with pytest.raises(NotApplicable) as error:
        apply(short().replace(model=Part(linear)))
    assert str(error.value) == "the network has one layer, and so one rate."


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(layer_factors, NAMES, 0.0), "divisor must be above 0. Got 0.0."),
        (partial(layer_factors, NAMES, float("nan")), "divisor must be above 0. Got nan."),
        (partial(learning_layers, ("a",), 0, 0), "epochs_per_layer must be at least 1. Got 0."),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
