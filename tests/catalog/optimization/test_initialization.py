"""Initialization: fans and gains against torch's, and the property that the family is named for."""

from __future__ import annotations

import copy
import math
from functools import partial

import pytest
import torch
from torch import nn

from catalog.lab.models import mlp
from catalog.lab.recipe import Part
from catalog.lab.tasks import images, rows, short
from catalog.optimization.initialization.experiment import by_activation
from catalog.optimization.initialization.reference import (
    fans,
    gain,
    gain_of,
    initialize,
    normal_,
)


@pytest.mark.parametrize("shape", [(3, 5), (4, 2, 3), (6, 2, 3, 5), (2, 3, 4, 5, 6)])
def test_fans_are_counted_by_ones(shape):
    """A layer of ones maps ones to its fan-in, and passes back its fan-out."""
    convolution = (nn.functional.conv1d, nn.functional.conv2d, nn.functional.conv3d)
    weight, kernel = torch.ones(shape), shape[2:]
    x = torch.ones(1, shape[1], *[2 * side - 1 for side in kernel], requires_grad=True)
    y = convolution[len(kernel) - 1](x, weight) if kernel else x @ weight.T
    y.sum().backward()
    assert fans(weight) == (int(y.max()), int(x.grad.max()))


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
@pytest.mark.parametrize("slope", [0.0, 0.01, 0.5, -1.0])
def test_gains_are_torch_s(activation, slope):
    """Every gain is that of `calculate_gain`."""
    param = slope if activation == "leaky_relu" else None
    assert math.isclose(gain(activation, slope), nn.init.calculate_gain(activation, param))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (nn.ReLU(), math.sqrt(2)),
        (nn.GELU(), math.sqrt(2)),
        (nn.Identity(), math.sqrt(2)),
        (nn.LeakyReLU(0.5), math.sqrt(1.6)),
        (nn.Tanh(), 5 / 3),
        (nn.Sigmoid(), 1.0),
        (nn.SELU(), 0.75),
    ],
)
def test_the_gain_of_a_network_is_that_of_its_activation(activation, expected):
    """The first activation module decides; one that is not seen is taken for ReLU."""
    model = nn.Sequential(nn.Linear(3, 3), activation, nn.Linear(3, 3), nn.Tanh())
    if isinstance(activation, (nn.ReLU, nn.GELU, nn.Identity)):
        model = model[:2]
    assert math.isclose(gain_of(model), expected)


@pytest.mark.parametrize("task", [short, images, rows])
def test_it_reaches_linear_and_convolution_layers_alone(task):
    """Every weight of theirs is filled, every bias 0, and all else keeps its values."""
    recipe = task()
    model = recipe.model(recipe.peek())
    before = copy.deepcopy(model.state_dict())
    initialize(model, nn.init.ones_)
    layers = {name for name, m in model.named_modules() if isinstance(m, (nn.Linear, nn.Conv2d))}
    for name, parameter in model.named_parameters():
        owner, _, kind = name.rpartition(".")
        if owner not in layers:
            assert torch.equal(parameter, before[name])
        else:
            assert (parameter == (kind == "weight")).all()
    assert layers


def test_it_reaches_a_weight_behind_a_parametrization():
    """A weight-normalized layer computes with the weight that was drawn."""
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
    initialize(layer, partial(nn.init.constant_, val=2.0))
    torch.testing.assert_close(layer(torch.ones(1, 4)), torch.full((1, 3), 8.0))
    assert [name for name, _ in layer.named_parameters()] == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh])
def test_the_signal_keeps_its_size_through_fifty_layers(activation):
    """Started by the rule, the deepest layer has the scale of the first; by default it is lost."""
    recipe = short().set_model(widths=(128,) * 50, activation=Part(activation))
    data = recipe.peek()
    torch.manual_seed(0)
    sizes = {}
    for name in ("default", "scaled"):
        model = mlp(data, widths=(128,) * 50, activation=Part(activation))
        if name == "scaled":
            by_activation(model, data, recipe)
        hidden = data.train.x
        deviations = []
        for block in model[:-1]:
            hidden = block(hidden)
            deviations.append((hidden - hidden.mean(0)).std().item())
        sizes[name] = deviations[-1] / deviations[1]
    assert 0.02 < sizes["scaled"] < 5
    assert sizes["default"] < 1e-6


def test_normal_has_one_deviation_for_all():
    """The old rule ignores the shape, and a deviation of 0 gives zeros."""
    generator = torch.Generator().manual_seed(0)
    wide, narrow = torch.empty(500, 400), torch.empty(4000, 50)
    for weight in (wide, narrow):
        assert math.isclose(float(normal_(weight, 0.3, generator).std()), 0.3, rel_tol=0.01)
    assert not normal_(wide, 0.0).any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(fans, torch.zeros(3)), "weight must have at least 2 dimensions. Got 1."),
        (
            partial(gain, "swish"),
            "activation must be one of linear, sigmoid, tanh, relu, leaky_relu, selu. Got 'swish'.",
        ),
        (partial(normal_, torch.zeros(3), std=-1.0), "std must be at least 0. Got -1.0."),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
