"""Larger model: more room, the same function at the start."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.larger_model.experiment import apply
from catalog.architecture.larger_model.reference import deeper, scaled_width, wider
from catalog.lab.models import cnn, linear, rnn
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, rows, short

X = torch.randn(20, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("width", [7, 8, 30])
def test_a_wider_network_is_the_same_function(width, bias):
    """Whatever function of each unit stands in between, outputs do not change."""
    first, second = nn.Linear(5, 7, bias=bias).double(), nn.Linear(7, 3, bias=bias).double()
    a, b = wider(first, second, width, torch.Generator().manual_seed(2))
    assert (a.out_features, b.in_features) == (width, width)
    for unit in (torch.relu, torch.tanh, torch.square):
        torch.testing.assert_close(b(unit(a(X))), second(unit(first(X))))


def test_the_units_it_had_come_first():
    """The first units are as they were, and each further one is a copy of one of them."""
    first, second = nn.Linear(5, 7), nn.Linear(7, 3)
    a, _ = wider(first, second, 12)
    assert torch.equal(a.weight[:7], first.weight)
    is_copy = (a.weight[7:, None] == first.weight).all(2)
    assert torch.equal(is_copy.sum(1), torch.ones(5, dtype=torch.int64))


def test_a_deeper_network_is_the_same_function():
    """A new layer behind a ReLU passes it on, and can be trained."""
    first, second = nn.Linear(5, 7).double(), nn.Linear(7, 3).double()
    new = deeper(7).double()
    before, after = second(first(X).relu()), second(new(first(X).relu()).relu())
    torch.testing.assert_close(after, before)
    after.square().sum().backward()
    assert new.weight.grad.any()


def test_the_layers_given_are_left():
    """What is trained further is a copy."""
    first, second = nn.Linear(5, 7), nn.Linear(7, 3)
    weights = [first.weight.clone(), second.weight.clone()]
    for layer in wider(first, second, 9):
        layer.weight.data.zero_()
    assert torch.equal(first.weight, weights[0])
    assert torch.equal(second.weight, weights[1])


def test_a_width_is_rounded_and_never_gone():
    """Half a unit cannot be had, and none at all is no network."""
    assert [scaled_width(10, factor) for factor in (0.01, 0.25, 1.0, 1.58, 4)] == [1, 2, 10, 16, 40]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scaled_width(8, 0.0), "factor must be above 0. Got 0.0."),
        (
            lambda: wider(nn.Linear(2, 3), nn.Linear(3, 1), 2),
            "width must be at least 3. Got 2.",
        ),
        (
            lambda: wider(nn.Linear(2, 3), nn.Linear(4, 1), 5),
            "second must read the 3 outputs of first. Got 4 inputs.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (short(), {"widths": (256, 256)}),
        (images(), {"channels": (32, 64)}),
        (images().replace(model=Part(cnn, channels=(4,))), {"channels": (8,)}),
        (rows(), {"width": 64}),
        (short().replace(model=Part(rnn)), {"width": 64}),
    ],
    ids=["mlp", "cnn", "cnn of 4", "transformer", "rnn"],
)
def test_the_size_of_each_model_is_found(recipe, expected):
    """Every hidden layer gets the factor, defaults included, and all else stays."""
    changed = apply(recipe, factor=2)
    assert changed == recipe.set_model(**expected)


def test_a_model_without_a_width_is_left():
    """A linear model has none."""
    with pytest.raises(NotApplicable) as error:
        apply(short().replace(model=Part(linear)))
    assert str(error.value) == "the model catalog.lab.models:linear has no setting for its width."
