"""muP: the table of the paper, and what it is for: learning that does not depend on the width."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import nn

from catalog.lab.models import linear, mlp
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, rows, short
from catalog.lab.train import train
from catalog.optimization.mu_parametrization.experiment import (
    GRID,
    NARROW,
    TIMES,
    WIDE,
    apply,
    best_narrow_rate,
    narrower,
)
from catalog.optimization.mu_parametrization.reference import (
    mup_factors,
    network_factors,
    scale_start,
)


@pytest.mark.parametrize(
    ("shape", "base", "has_inputs", "adam", "sgd"),
    [
        ((512, 64), (128, 64), True, (1, 1), (1, 4)),  # input weights
        ((512,), (128,), True, (1, 1), (1, 4)),  # biases and gains
        ((512, 512), (128, 128), True, (1, 1 / 4), (1, 1)),  # hidden weights
        ((1024, 512), (256, 128), True, (1, 1 / 4), (1, 1)),
        ((64, 32, 3, 3), (16, 8, 3, 3), True, (1, 1 / 4), (1, 1)),
        ((10, 512), (10, 128), True, (1 / 2, 1 / 4), (1 / 2, 1 / 4)),  # output weights
        ((10, 512), (10, 128), False, (1, 1), (1, 4)),  # an embedding of ten words
        ((10,), (10,), True, (1, 1), (1, 1)),  # the output's bias
        ((), (), True, (1, 1), (1, 1)),
    ],
)
def test_factors_are_those_of_the_table(shape, base, has_inputs, adam, sgd):
    """Start and rate of each kind of parameter, at four times the base width."""
    assert mup_factors(shape, base, has_inputs, "adam") == adam
    assert mup_factors(shape, base, has_inputs, "sgd") == sgd


def network(width):
    """Return a network with weights of each kind."""
    return nn.Sequential(
        nn.Linear(20, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 5)
    )


def moved(width, optimizer, lr, is_mup, base=32):
    """Return by how much three steps change the outputs of a network, the root of mean squares."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(50, 20, generator=generator)
    y = torch.randint(0, 5, (50,), generator=generator)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = network(width)
        factors = network_factors(model, network(base), optimizer) if is_mup else {}
    scale_start(model, {name: factor.start for name, factor in factors.items()})
    groups = [
        {"params": [p], "lr": lr * (factors[name].lr if is_mup else 1)}
        for name, p in model.named_parameters()
    ]
    made = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer](groups)
    before = model(x).detach()
    for _ in range(3):
        made.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        made.step()
    return (model(x).detach() - before).square().mean().sqrt().item()


@pytest.mark.parametrize(("optimizer", "lr"), [("adam", 1e-3), ("sgd", 0.02)])
def test_outputs_move_equally_far_at_any_width(optimizer, lr):
    """Sixteen and thirty-two times the width moves them as far as before, and as usual further."""
    reached = {
        is_mup: [moved(width, optimizer, lr, is_mup) for width in (32, 512, 1024)]
        for is_mup in (True, False)
    }
    narrow, wide, wider = reached[True]
    assert 0.5 < wide / narrow < 2
    assert 0.8 < wider / wide < 1.25
    narrow, wide, wider = reached[False]
    assert wide / narrow > 3
    assert wider / wide > 1.3


def test_the_first_outputs_shrink_with_the_root_of_the_width():
    """Output weights start with variance 1 / n², so the outputs have variance about 1 / n."""
    base, wide = network(16), network(1024)
    factors = network_factors(wide, base)
    hidden = torch.randn(2000, 1024, generator=torch.Generator().manual_seed(0))
    scale_start(wide, {name: factor.start for name, factor in factors.items()})
    with torch.no_grad():
        deviations = [
            (model[4](hidden[:, : model[4].in_features]) - model[4].bias).std().item()
            for model in (base, wide)
        ]
    assert deviations[0] / deviations[1] == pytest.approx(math.sqrt(1024 / 16), rel=0.25)


def test_the_base_itself_is_trained_as_usual():
    """At the width where the rate was found nothing changes, to the bit."""
    recipe = NARROW.replace(epochs=2, evaluate_every=2)
    assert train(apply(recipe, times=1)).final == train(recipe).final


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (WIDE, Part(mlp, widths=(32, 32))),
        (short().replace(model=Part(mlp)), Part(mlp, widths=(8, 8))),
        (images(), images().model.set(channels=(1, 2))),
    ],
)
def test_widths_are_divided(recipe, expected):
    """Whatever the setting is called, and where it is left at its default."""
    assert narrower(recipe, TIMES) == expected


def test_a_base_can_be_given():
    """A network of one's own kind has a base of one's own."""
    recipe = apply(WIDE, base=Part(mlp, widths=(32, 32)))
    assert recipe == apply(WIDE, times=16)


@pytest.mark.slow
def test_the_narrow_rate_is_the_best_of_the_grid():
    """No other rate has a lower training loss with that seed."""
    best = best_narrow_rate(0)
    losses = {lr: train(NARROW.replace(lr=lr)).results()["clean_train_loss"] for lr in GRID}
    assert losses[best] == min(losses.values())


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (rows(), "attention would have to divide by the width of a head."),
        (
            short().replace(optimizer=Part(torch.optim.LBFGS)),
            "no rule for the rates of LBFGS is known.",
        ),
        (
            short().replace(model=Part(linear)),
            "the model catalog.lab.models:linear takes no width.",
        ),
        (
            short().set_model(widths=(3,)),
            "the network cannot be made 4 times narrower.",
        ),
    ],
)
def test_it_says_why_it_does_not_fit(recipe, reason):
    """The reason is one sentence."""
    with pytest.raises(NotApplicable) as error:
        apply(recipe)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(mup_factors, (2, 2), (2,)), "base_shape must have 2 axes. Got (2,)."),
        (
            partial(mup_factors, (2,), (2,), optimizer="lion"),
            "optimizer must be one of adam, sgd. Got 'lion'.",
        ),
        (
            partial(network_factors, network(4), network(4)[:3]),
            "base must have all parameters of the network. It has no '4.weight'.",
        ),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
