"""Architecture from domain knowledge: averages over a group are symmetric."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.architecture.domain_knowledge_architecture.experiment import (
    apply,
    circular_signals,
    on_the_circle,
    shift,
)
from catalog.architecture.domain_knowledge_architecture.reference import (
    Invariant,
    equivariant_part,
)
from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import Part
from catalog.lab.tasks import images

N = 7
TURNS = torch.stack([torch.arange(N).roll(step) for step in range(N)])
WEIGHT = torch.randn(N, N, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def network():
    """Return a network of seven inputs that treats each differently."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(N, 16), nn.Tanh(), nn.Linear(16, 3)).double()


@pytest.mark.parametrize("turn", range(N))
def test_an_average_over_the_group_is_invariant(turn):
    """However the input is turned, the output is the same, and it depends on the input."""
    f = network()
    invariant = Invariant(f, [lambda x, g=g: x[:, g] for g in TURNS])
    x = torch.randn(4, N, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(invariant(x[:, TURNS[turn]]), invariant(x))
    assert turn == 0 or not torch.allclose(f(x[:, TURNS[turn]]), f(x))
    assert invariant(x).std(0).min() > 1e-3


def test_it_is_the_mean_of_the_outputs():
    """Each transformed input is asked by itself."""
    f = network()
    x = torch.randn(4, N, dtype=torch.float64)
    expected = sum(f(x.roll(step, 1)) for step in range(N)) / N
    invariant = Invariant(f, [lambda x, step=step: x.roll(step, 1) for step in range(N)])
    torch.testing.assert_close(invariant(x), expected)


def test_the_identity_alone_changes_nothing():
    """The group of one is the neutral setting."""
    f = network()
    x = torch.randn(4, N, dtype=torch.float64)
    assert torch.equal(Invariant(f, [lambda x: x])(x), f(x))


def test_what_commutes_with_turns_is_a_circular_convolution():
    """The equivariant part of any matrix acts as torch's convolution with one filter."""
    filtered = equivariant_part(WEIGHT, TURNS)
    x = torch.randn(4, 1, N, dtype=torch.float64)
    around = F.pad(x, (0, N - 1), mode="circular")
    expected = F.conv1d(around, filtered[0].view(1, 1, N))
    torch.testing.assert_close(x @ filtered.T, expected)
    assert filtered.std() > 1e-3


def test_the_equivariant_part_is_the_nearest():
    """What is taken away is orthogonal to every matrix that commutes, and taking it once is all."""
    filtered = equivariant_part(WEIGHT, TURNS)
    torch.testing.assert_close(equivariant_part(filtered, TURNS), filtered)
    other = equivariant_part(WEIGHT.flip(0) ** 2, TURNS)
    assert abs(((WEIGHT - filtered) * other).sum()) < 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Invariant(nn.Identity(), []),
            "group must hold at least one transformation. Got none.",
        ),
        (lambda: equivariant_part(torch.eye(3), TURNS), "weight must be 7 by 7. Got (3, 3)."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message


def test_the_network_on_the_circle_is_invariant():
    """The lab's network gives one output wherever a signal begins."""
    data = circular_signals(0)
    model = on_the_circle(data, Part(mlp, widths=(8,)))
    x = data.val.x[:5]
    for steps in range(16):
        torch.testing.assert_close(model(x.roll(steps, 1)), model(x))


@pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)])
def test_images_are_moved_with_zeros(down, right):
    """A move by a pixel is a roll whose wrapped row or column is zero."""
    x = torch.rand(2, 1, 5, 5) + 1
    moved = x.roll((down, right), (2, 3))
    if down:
        moved[:, :, 0 if down > 0 else -1] = 0
    if right:
        moved[:, :, :, 0 if right > 0 else -1] = 0
    assert torch.equal(shift(x, down, right), moved)


def test_the_label_of_a_signal_is_its_pattern_or_its_place():
    """The same signals have one label that turns keep, and one that turns change."""
    pattern, place = circular_signals(3), circular_signals(3, place=True)
    assert torch.equal(pattern.train.x, place.train.x)
    assert not torch.equal(pattern.train.y, place.train.y)
    assert sorted(pattern.val.y.unique().tolist()) == [0, 1, 2, 3]
    assert sorted(place.val.y.unique().tolist()) == [0, 1, 2, 3]
    assert (len(pattern.train), len(pattern.val)) == (100, 500)


def test_a_convolutional_network_is_averaged():
    """It has convolutions already, so that moves of the image are what is left to build in."""
    recipe = apply(images())
    model = untrained(recipe)
    inner = model
    for part in recipe.start:
        model = part(model, recipe.peek(), recipe)
    x = recipe.peek().val.x[:3]
    moves = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    torch.testing.assert_close(model(x), sum(inner(shift(x, *move)) for move in moves) / 5)
