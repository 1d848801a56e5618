"""What the tests of the techniques share: a trajectory to follow, and a step to time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

Walk = Callable[..., Tensor]


@pytest.fixture(autouse=True)
def _one_thread():
    """One thread is faster for nets this small, and leaves the other cores to the other tests."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def walk() -> Walk:
    """Walk an optimizer over a curved loss and return all positions, (steps, 26) in float64."""

    def run(make: Callable[..., torch.optim.Optimizer], steps: int = 60, **settings: Any) -> Tensor:
        generator = torch.Generator().manual_seed(7)

        def draw(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, dtype=torch.float64)

        weight = draw(4, 5).requires_grad_()
        bias = draw(6).requires_grad_()
        target, noise = draw(4, 5), draw(steps, 4, 5)
        optimizer = make([weight, bias], **settings)
        positions = []
        for step in range(steps):

            def closure(noise: Tensor = noise[step]) -> Tensor:
                optimizer.zero_grad()
                gap = weight - target + 0.3 * noise
                loss = (gap.pow(4).sum() + 10 * bias.pow(2).sum() + torch.cos(3 * bias).sum()) / 10
                loss.backward()
                return loss

            optimizer.step(closure)
            positions.append(torch.cat([weight.detach().flatten(), bias.detach()]).clone())
        return torch.stack(positions)

    return run


@pytest.fixture
def goes_on() -> Callable[..., bool]:
    """Return a check: an optimizer made anew from a saved state takes the same further steps."""

    def check(make: Callable[..., torch.optim.Optimizer], **settings: Any) -> bool:
        first, second = torch.ones(4, 3), torch.ones(4, 3)
        original, copy = make([first], **settings), make([second], **settings)

        def step(parameter: Tensor, optimizer: torch.optim.Optimizer, scale: float) -> None:
            def closure() -> Tensor:
                parameter.grad = scale * parameter.detach() + 0.1
                return parameter.sum()

            optimizer.step(closure)

        for scale in (1.0, -2.0, 0.5):
            step(first, original, scale)
        saved = io.BytesIO()
        torch.save(original.state_dict(), saved)
        saved.seek(0)
        copy.load_state_dict(torch.load(saved, weights_only=True))
        second.copy_(first)
        for scale in (3.0, 1.0):
            step(first, original, scale)
            step(second, copy, scale)
        return torch.equal(first, second)

    return check


@pytest.fixture
def torch_rates() -> Callable[..., list[float]]:
    """Return the rates that a scheduler of torch gives, step by step, for a base rate of 1."""

    def rates(make: Callable[[torch.optim.Optimizer], Any], steps: int) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
        scheduler = make(optimizer)
        found = []
        for _ in range(steps):
            found.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            scheduler.step()
        return found

    return rates
