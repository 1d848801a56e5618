"""Measures of flatness, against bowls whose rise is known."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.optimization.flat_minima.experiment import as_trained, rescaled
from catalog.optimization.flat_minima.reference import adversarial_sharpness, random_sharpness

CURVATURE = torch.tensor([1.0, 4.0, 10.0], dtype=torch.float64)
MINIMUM = torch.tensor([2.0, -1.0, 2.0], dtype=torch.float64)  # 3 long


def bowl(at=MINIMUM):
    """Return the loss of a bowl as split over two parameters, and the parameters."""
    parameters = [at[:2].clone().requires_grad_(), at[2:].clone().requires_grad_()]

    def loss():
        return 3 + 0.5 * (CURVATURE * (torch.cat(parameters) - MINIMUM) ** 2).sum()

    return loss, parameters


def test_in_a_bowl_the_random_rise_is_the_mean_curvature():
    """Over the sphere of radius r it is r²/2 times the mean of the curvatures."""
    loss, parameters = bowl()
    generator = torch.Generator().manual_seed(0)
    rise = random_sharpness(loss, parameters, radius=0.1, draws=4000, generator=generator)
    assert abs(rise / (0.5 * 0.3**2 * 5.0) - 1) < 0.05


def test_in_a_bowl_the_worst_rise_is_the_largest_curvature():
    """On the sphere of radius r it is r²/2 times the largest curvature, from any start."""
    for seed in range(5):
        loss, parameters = bowl()
        generator = torch.Generator().manual_seed(seed)
        rise = adversarial_sharpness(loss, parameters, radius=0.1, steps=50, generator=generator)
        assert abs(rise / (0.5 * 0.3**2 * 10.0) - 1) < 1e-6


def test_on_a_slope_the_worst_rise_is_the_gradient_s_length():
    """A linear loss rises most along its gradient, and one step finds that."""
    w = torch.tensor([3.0, 4.0], dtype=torch.float64).requires_grad_()
    slope = torch.tensor([-2.0, 1.0], dtype=torch.float64)
    rise = adversarial_sharpness(lambda: (slope * w).sum(), [w], radius=0.2, steps=1)
    assert abs(rise - 0.2 * 5.0 * 5.0**0.5) < 1e-12


@pytest.mark.parametrize("measure", [random_sharpness, adversarial_sharpness])
def test_a_radius_of_zero_and_a_plain_are_flat(measure):
    """Nothing moved is nothing risen; nor is a loss that does not depend on the parameters."""
    loss, parameters = bowl()
    assert measure(loss, parameters, radius=0.0) == 0.0
    assert measure(lambda: (0 * parameters[0]).sum(), parameters[:1]) == 0.0


@pytest.mark.parametrize("measure", [random_sharpness, adversarial_sharpness])
def test_the_parameters_are_left_as_they_were(measure):
    """To the last bit, and without a gradient."""
    loss, parameters = bowl(MINIMUM + 0.1)
    before = [p.detach().clone() for p in parameters]
    measure(loss, parameters)
    assert all(torch.equal(p.detach(), old) for p, old in zip(parameters, before, strict=True))
    assert all(p.grad is None and p.requires_grad for p in parameters)


@pytest.mark.parametrize("measure", [random_sharpness, adversarial_sharpness])
def test_the_same_function_can_be_as_sharp_as_one_likes(measure):
    """Scaling one layer up and the next down keeps the outputs and changes the measure."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).double()
    x = torch.randn(30, 4).double()
    y = network(x).detach() + 0.1

    def loss():
        return (network(x) - y).pow(2).mean()

    measured, outputs = [], []
    for _ in range(3):
        generator = torch.Generator().manual_seed(0)
        measured.append(measure(loss, list(network.parameters()), generator=generator))
        outputs.append(network(x).detach())
        with torch.no_grad():
            network[0].weight.mul_(5)
            network[0].bias.mul_(5)
            network[2].weight.div_(5)
    torch.testing.assert_close(outputs[0], outputs[2])
    assert measured[2] > 3 * measured[1] > 9 * measured[0]


@pytest.mark.slow
def test_the_experiment_s_rescaling_keeps_the_function():
    """Both arms have the same validation loss."""
    assert abs(as_trained(0)["val_loss"] - rescaled(0)["val_loss"]) < 1e-5


@pytest.mark.parametrize(
    ("measure", "settings", "message"),
    [
        (random_sharpness, {"radius": -0.1}, "radius must be at least 0. Got -0.1."),
        (random_sharpness, {"draws": 0}, "draws must be at least 1. Got 0."),
        (adversarial_sharpness, {"radius": -0.1}, "radius must be at least 0. Got -0.1."),
        (adversarial_sharpness, {"steps": 0}, "steps must be at least 1. Got 0."),
    ],
)
def test_a_bad_setting_is_named(measure, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        measure(*bowl(), **settings)
    assert str(error.value) == message
