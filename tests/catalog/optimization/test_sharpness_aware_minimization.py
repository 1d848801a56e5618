"""Sharpness-aware minimization, against the paper's algorithm written as a loop."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.sharpness_aware_minimization.reference import SAM

SCALES = torch.tensor([1.0, 5.0, 20.0], dtype=torch.float64)


def momentum(params, lr=0.05):
    """Return SGD with momentum."""
    return torch.optim.SGD(params, lr=lr, momentum=0.9)


def sam(params, rho=0.1, lr=0.05):
    """Return SAM around it."""
    return SAM(momentum(params, lr), rho)


@pytest.mark.parametrize("rho", [0.05, 0.5])
def test_it_follows_the_algorithm(rho):
    """Sixty steps on a curved function of two tensors end where the paper's steps end."""

    def loss(w, b):
        return (SCALES * torch.cos(w)).sum() + w.pow(4).sum() * b.exp() + b.pow(2)

    w, b = torch.tensor([0.3, -0.2, 0.1]).double(), torch.tensor(0.5).double()
    ours = [w.clone().requires_grad_(), b.clone().requires_grad_()]
    optimizer = sam(ours, rho, lr=0.002)
    velocity = [torch.zeros(3).double(), torch.zeros(()).double()]
    for _ in range(60):

        def closure():
            optimizer.zero_grad()
            value = loss(*ours)
            value.backward()
            return value

        optimizer.step(closure)
        here = [w.clone().requires_grad_(), b.clone().requires_grad_()]
        g = torch.autograd.grad(loss(*here), here)
        length = (g[0].pow(2).sum() + g[1].pow(2)).sqrt()
        there = [
            (p + rho * d / length).detach().requires_grad_() for p, d in zip(here, g, strict=True)
        ]
        g = torch.autograd.grad(loss(*there), there)
        velocity = [0.9 * v + d for v, d in zip(velocity, g, strict=True)]
        w, b = w - 0.002 * velocity[0], b - 0.002 * velocity[1]
    torch.testing.assert_close(ours[0].detach(), w, rtol=0, atol=1e-10)
    torch.testing.assert_close(ours[1].detach(), b, rtol=0, atol=1e-10)


def test_a_radius_of_zero_is_the_base_optimizer(walk):
    """The neutral setting walks as the optimizer alone does."""
    assert torch.equal(walk(sam, rho=0.0), walk(momentum))
    assert not torch.equal(walk(sam, rho=0.1), walk(momentum))


def test_the_loss_is_that_before_the_step():
    """What is returned is measured at w, not at the worst point."""
    w = torch.tensor([2.0], requires_grad=True)
    optimizer = sam([w], rho=1.0)

    def closure():
        optimizer.zero_grad()
        value = w.pow(2).sum()
        value.backward()
        return value

    assert float(optimizer.step(closure).detach()) == 4.0


def test_a_gradient_of_zero_moves_nothing():
    """At a flat point there is no worst direction, and no division by zero."""
    w = torch.zeros(3, requires_grad=True)
    optimizer = sam([w])

    def closure():
        optimizer.zero_grad()
        w.pow(2).sum().backward()

    optimizer.step(closure)
    assert torch.equal(w.detach(), torch.zeros(3))


def test_it_works_around_an_optimizer_that_searches_along_a_line():
    """L-BFGS asks for many gradients a step, and each of them is the sharp one."""
    w = torch.tensor([2.0, -1.0], requires_grad=True)
    asked = []
    optimizer = SAM(torch.optim.LBFGS([w], max_iter=3), 0.1)

    def closure():
        optimizer.zero_grad()
        asked.append(w.detach().clone())
        value = w.pow(4).sum()
        value.backward()
        return value

    optimizer.step(closure)
    assert len(asked) == 6
    for here, there in zip(asked[::2], asked[1::2], strict=True):
        assert abs(float((there - here).norm()) - 0.1) < 1e-6


def test_a_schedule_of_torch_reaches_the_base_optimizer():
    """On a slope of one, plain SGD within SAM goes by the rates 1, 1/2 and 1/4 of the schedule."""
    w = torch.tensor([0.0], requires_grad=True)
    optimizer = SAM(torch.optim.SGD([w], lr=1.0), 0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    def closure():
        optimizer.zero_grad()
        w.sum().backward()

    positions = []
    for _ in range(3):
        optimizer.step(closure)
        scheduler.step()
        positions.append(w.item())
    assert positions == [-1.0, -1.5, -1.75]


def test_a_schedule_goes_on_after_a_state_is_loaded():
    """Loading puts new groups into the base optimizer, and they are still the ones scheduled."""
    w = torch.tensor([0.0], requires_grad=True)
    optimizer = SAM(torch.optim.SGD([w], lr=1.0), 0.1)
    optimizer.load_state_dict(optimizer.state_dict())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    def closure():
        optimizer.zero_grad()
        w.sum().backward()

    for _ in range(2):
        optimizer.step(closure)
        scheduler.step()
    assert w.item() == -1.5


def test_it_goes_on_from_a_saved_state(goes_on):
    """The base optimizer's state is saved and loaded with it."""
    assert goes_on(sam)


def test_a_bad_radius_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="rho must be") as error:
        sam([torch.zeros(1, requires_grad=True)], rho=-0.1)
    assert str(error.value) == "rho must be at least 0. Got -0.1."


@pytest.mark.parametrize("kind", [list, iter], ids=["list", "iterator"])
def test_parameters_in_place_of_an_optimizer_are_named(kind):
    """It wraps an optimizer; what came is named, not an attribute that it lacks."""
    with pytest.raises(ValueError, match="base must be") as error:
        SAM(kind([torch.zeros(1, requires_grad=True)]))
    assert str(error.value) == (
        "base must be an optimizer, as torch.optim.SGD(parameters, lr=0.1)."
        f" Got a {'list' if kind is list else 'list_iterator'}."
    )


def test_a_step_needs_a_closure():
    """Without one the second gradient cannot be had."""
    with pytest.raises(ValueError, match="closure must be given"):
        sam([torch.zeros(1, requires_grad=True)]).step()
