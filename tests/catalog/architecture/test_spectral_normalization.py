"""Spectral normalization, against torch's own and against singular values."""

from __future__ import annotations

import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from catalog.architecture.spectral_normalization.experiment import (
    GAN,
    MADE,
    MODES,
    Adversarial,
    adversarial_loss,
    apply,
    distance,
    energy_distance,
    ring,
)
from catalog.architecture.spectral_normalization.reference import (
    SpectralNorm,
    power_iteration,
    spectral_norm,
)
from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, short
from catalog.lab.train import train

LAYERS = [lambda: nn.Linear(6, 4), lambda: nn.Conv2d(3, 4, 2)]


def inputs(layer, seed=0):
    """Draw what a layer takes."""
    shape = (5, 6) if isinstance(layer, nn.Linear) else (5, 3, 4, 4)
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("settings", [{}, {"n_power_iterations": 3}, {"eps": 1e-3}], ids=str)
@pytest.mark.parametrize("make", LAYERS, ids=["linear", "convolution"])
def test_it_trains_as_torch_s_does(make, settings):
    """From one state, ten steps of training end in the same weights, vectors and outputs."""
    theirs = parametrizations.spectral_norm(make().double(), **settings)
    ours = spectral_norm(make().double(), **settings)
    ours.load_state_dict(theirs.state_dict())
    for layer in (ours, theirs):
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.3)
        for step in range(10):
            optimizer.zero_grad()
            layer(inputs(layer, step)).sin().sum().backward()
            optimizer.step()
    for mine, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-9)
    x = inputs(ours)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("make", LAYERS, ids=["linear", "convolution"])
def test_the_largest_singular_value_becomes_one(make):
    """After enough rounds the matrix has the norm 1, whatever its scale was."""
    layer = make().double()
    layer.weight.data.mul_(50)
    original = layer.weight.detach().flatten(1)
    spectral_norm(layer)
    for _ in range(100):
        layer(inputs(layer))
    norm = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
    torch.testing.assert_close(norm, torch.ones_like(norm))
    torch.testing.assert_close(
        layer.weight.detach().flatten(1), original / torch.linalg.matrix_norm(original, 2)
    )


def test_power_iteration_finds_the_singular_vectors():
    """They are those of the decomposition, up to a common sign."""
    matrix = torch.randn(5, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    u, v = power_iteration(matrix, torch.ones(7).double(), rounds=300, eps=1e-12)
    left, values, right = torch.linalg.svd(matrix)
    torch.testing.assert_close(u @ matrix @ v, values[0])
    torch.testing.assert_close(u.outer(v), left[:, 0].outer(right[0]))


def test_a_network_of_such_layers_stretches_nothing():
    """Two inputs are never nearer than their outputs."""
    layers = [spectral_norm(nn.Linear(6, 6).double()) for _ in range(3)]
    model = nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])
    for _ in range(300):
        model(inputs(layers[0]))
    a, b = inputs(layers[0], 1), inputs(layers[0], 2)
    assert ((model(a) - model(b)).norm(dim=1) <= (a - b).norm(dim=1) * (1 + 1e-9)).all()


def test_evaluation_changes_nothing():
    """The vectors move in training alone."""
    layer = spectral_norm(nn.Linear(6, 4).double()).eval()
    layer.parametrizations.weight.original.data.add_(1.0)
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    layer(inputs(layer))
    assert all(torch.equal(before[name], value) for name, value in layer.state_dict().items())


def test_two_uses_before_one_backward():
    """As a discriminator is used on true and on made examples."""
    layer = spectral_norm(nn.Linear(6, 4).double())
    (layer(inputs(layer, 1)) - layer(inputs(layer, 2))).sum().backward()
    assert torch.isfinite(layer.parametrizations.weight.original.grad).all()


@pytest.mark.parametrize(
    ("weight", "settings", "message"),
    [
        (
            torch.ones(2, 2),
            {"n_power_iterations": 0},
            "n_power_iterations must be at least 1. Got 0.",
        ),
        (torch.ones(2, 2), {"eps": 0.0}, "eps must be above 0. Got 0.0."),
        (
            torch.ones(3),
            {},
            "weight must have at least two axes and not be all zero."
            " Got the shape (3,) and a sum of sizes of 3.0.",
        ),
        (
            torch.zeros(2, 2),
            {},
            "weight must have at least two axes and not be all zero."
            " Got the shape (2, 2) and a sum of sizes of 0.0.",
        ),
    ],
)
def test_a_bad_setting_is_named(weight, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        SpectralNorm(weight, **settings)
    assert str(error.value) == message


@pytest.mark.parametrize("recipe", [short(), images(), GAN], ids=["mlp", "cnn", "adversarial"])
def test_what_is_normalized_of_a_network(recipe):
    """Hidden layers but not the output's; of an adversarial network all of the discriminator."""
    model = untrained(recipe)
    for part in apply(recipe).start:
        model = part(model, recipe.peek(), recipe)
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    has_it = [hasattr(layer, "parametrizations") for layer in layers]
    assert has_it == ([False] * 3 + [True] * 3 if recipe is GAN else [True, True, False])


def test_a_network_without_hidden_layers_is_left():
    """There is nothing to normalize."""
    with pytest.raises(NotApplicable) as error:
        apply(short().replace(model=Part(mlp, widths=())))
    assert str(error.value) == "the network has no hidden linear layer and no convolution."


def test_each_adversary_has_its_own_loss():
    """The generator gets the gradient of its loss alone, and so does the discriminator."""
    torch.manual_seed(0)
    model = Adversarial(8)
    x = ring(0).train.x[:20]
    torch.manual_seed(1)
    adversarial_loss(model(x), x).backward()
    torch.manual_seed(1)
    made = model.generator(torch.randn(20, 2))
    for_discriminator = F.binary_cross_entropy_with_logits(
        model.discriminator(x), torch.ones(20, 1)
    ) + F.binary_cross_entropy_with_logits(model.discriminator(made.detach()), torch.zeros(20, 1))
    for_generator = F.binary_cross_entropy_with_logits(model.discriminator(made), torch.ones(20, 1))
    for network, loss in (
        (model.discriminator, for_discriminator),
        (model.generator, for_generator),
    ):
        expected = torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)
        for parameter, gradient in zip(network.parameters(), expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient)


def test_evaluation_gives_the_nearest_made_point():
    """No made point is nearer to an example than its output."""
    torch.manual_seed(0)
    model = Adversarial(8).eval()
    x = ring(0).val.x[:30]
    out, made = model(x), model.make(MADE)
    distance = (x[:, None] - made[None]).square().sum(2)
    torch.testing.assert_close((out - x).square().sum(1), distance.min(1).values)


def test_points_lie_around_their_places():
    """Each of the eight places has points, none of them far away, that are their own targets."""
    data = ring(2)
    assert torch.equal(data.train.x, data.train.y)
    radius = data.train.x.norm(dim=1)
    assert abs(float(radius.mean()) - 2) < 0.05
    turns = torch.atan2(data.train.x[:, 1], data.train.x[:, 0]) / (2 * torch.pi) * MODES
    assert sorted((turns.round() % MODES).unique().tolist()) == list(range(MODES))
    assert float((turns - turns.round()).abs().max()) < 0.4


def test_the_energy_distance_is_scipy_s():
    """On a line it is the square of scipy's; equal sets are at no distance."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(40, 1, generator=generator), 2 * torch.randn(30, 1, generator=generator) + 1
    expected = stats.energy_distance(x[:, 0].numpy(), y[:, 0].numpy()) ** 2
    assert energy_distance(x, y) == pytest.approx(expected, rel=1e-4)
    assert energy_distance(x, x) == pytest.approx(0, abs=1e-6)


def test_the_distance_of_a_run_has_a_worst_value():
    """A point in the middle has it, and what left the plane is no worse; a good one is better."""
    fit = train(GAN.replace(epochs=1, evaluate_every=1))
    last = fit.model.generator[-1]
    nn.init.zeros_(last.weight)
    found = []
    for place in (0.0, 1e6, float("nan")):
        last.bias.data.fill_(place)
        found.append(distance(fit)["energy_distance"])
    assert found[0] == pytest.approx(found[1])
    assert found[1] == found[2]
    assert found[0] == pytest.approx(4 - 8 / torch.pi, rel=0.1)
    fit.model.make = lambda count: fit.data.train.x[:count]
    assert distance(fit)["energy_distance"] < 0.02
