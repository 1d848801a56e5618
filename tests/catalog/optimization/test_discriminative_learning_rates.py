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
    parameter_groups,
    unfrozen,
)


class Reader(nn.Module):
    """A network as fine-tuned ones are: a position, an embedding, blocks, a norm and a head."""

    def __init__(self):
        super().__init__()
        self.position = nn.Parameter(torch.zeros(5, 8))
        self.before = nn.LayerNorm(8)
        self.embed = nn.Embedding(20, 8)
        block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(block, 2)
        self.after = nn.LayerNorm(8)
        self.head = nn.Linear(8, 2)


def starts_of(named):
    """Return the first module of each layer, and check that no parameter is lost or moved."""
    named = list(named)
    layers = layers_of(named)
    assert [name for layer in layers for name in layer] == [name for name, _ in named]
    return [layer[0].rpartition(".")[0] for layer in layers]


def test_a_block_is_one_layer_and_a_normalization_is_none():
    """A transformer of two blocks has four layers: embedding, blocks and head, as in the paper."""
    layers = layers_of(Reader().named_parameters())
    assert [len(layer) for layer in layers] == [4, 12, 14, 2]
    assert layers[0] == ("position", "before.weight", "before.bias", "embed.weight")
    assert layers[2][-2:] == ("after.weight", "after.bias")
    assert layers[3] == ("head.weight", "head.bias")


def test_a_chain_has_a_layer_for_each_matrix():
    """Normalizations between join the layer before them, nested or not."""
    body = nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2), nn.PReLU(), nn.Conv1d(2, 2, 3))
    network = nn.Sequential(body, nn.BatchNorm1d(2), nn.Linear(2, 2))
    assert starts_of(network.named_parameters()) == ["0.0", "0.3", "2"]


def test_residual_blocks_are_layers():
    """A stem, two blocks of two convolutions and a side path, and a head are four layers."""

    def block():
        names = ("conv1", "bn1", "conv2", "bn2")
        layers = (nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2))
        side = nn.Sequential(nn.Conv2d(2, 2, 1), nn.BatchNorm2d(2))
        return nn.ModuleDict({**dict(zip(names, layers, strict=True)), "downsample": side})

    network = nn.ModuleDict(
        {
            "conv1": nn.Conv2d(1, 2, 3),
            "bn1": nn.BatchNorm2d(2),
            "layer1": nn.Sequential(block(), block()),
            "fc": nn.Linear(2, 2),
        }
    )
    assert starts_of(network.named_parameters()) == [
        "conv1",
        "layer1.0.conv1",
        "layer1.1.conv1",
        "fc",
    ]
    # The stem and the head of a network within a chain are not one block.
    chain = nn.Sequential(network, nn.Linear(2, 1))
    assert len(starts_of(chain.named_parameters())) == 5


def test_a_single_layer_is_one():
    """Its weight and bias have no module's name before theirs."""
    assert layers_of(nn.Linear(2, 2).named_parameters()) == (("weight", "bias"),)


def test_factors_are_divided_from_the_last_layer_down():
    """The head has 1, and each layer below a divisor's part of the one above."""
    factors = layer_factors(Reader().named_parameters(), 2.0)
    assert factors["head.bias"] == 1.0
    assert factors["after.weight"] == factors["encoder.layers.1.linear1.weight"] == 0.5
    assert factors["encoder.layers.0.norm2.weight"] == 0.25
    assert factors["position"] == factors["embed.weight"] == 0.125
    assert len(factors) == 32


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
    layers = (("a",), ("b", "b2"), ("c",))
    learning = [unfrozen(layers, epoch, 2) for epoch in range(7)]
    assert learning == [{"c"}] * 2 + [{"b", "b2", "c"}] * 2 + [{"a", "b", "b2", "c"}] * 3


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
        (partial(layer_factors, [], 0.0), "divisor must be above 0. Got 0.0."),
        (partial(layer_factors, [], float("nan")), "divisor must be above 0. Got nan."),
        (partial(unfrozen, (("a",),), 0, 0), "epochs_per_layer must be at least 1. Got 0."),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
