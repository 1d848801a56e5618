"""Flat minima: how much the loss rises when the parameters are moved a little.

Sources: Hochreiter and Schmidhuber, 1997, https://doi.org/10.1162/neco.1997.9.1.1; Keskar et al.,
2016, https://arxiv.org/abs/1609.04836, section 2.2.2. Keskar moves each parameter within a box and
divides the rise by 1 + L; here all parameters move on one sphere, and the rise is not divided.

    r = radius · ‖θ‖₂                                       a distance relative to the weights
    random sharpness      = E_u [L(θ + r u)] - L(θ)         u uniform on the unit sphere
    adversarial sharpness = max_u L(θ + r u) - L(θ)         sought by normalized gradient ascent

No certificate: a network of rectified units computes the same function when one layer is scaled by
α and the next by 1/α, yet both measures change (Dinh et al., 2017,
https://arxiv.org/abs/1703.04933, section 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Loss = Callable[[], Tensor]
"""Computes the loss at the present parameters, the same each time: in evaluation mode."""


def random_sharpness(
    loss: Loss,
    parameters: Sequence[Tensor],
    radius: float = 0.05,
    draws: int = 20,
    generator: torch.Generator | None = None,
) -> float:
    """Return the mean rise of the loss over random directions; the parameters are left as they are.

    Args:
        loss: Computes L.
        parameters: θ, the tensors that are moved.
        radius: Distance moved, in units of ‖θ‖; at least 0.
        draws: Directions; at least 1.
        generator: Draws them; torch's own if None.

    Raises:
        ValueError: If a setting is out of its range.
    """
    _check(radius, draws=draws)
    with torch.no_grad():
        r = radius * _norm(parameters)
        start = float(loss())  # L(θ)
        values = [_moved(loss, parameters, _random(parameters, generator), r) for _ in range(draws)]
    return sum(values) / draws - start


def adversarial_sharpness(
    loss: Loss,
    parameters: Sequence[Tensor],
    radius: float = 0.05,
    steps: int = 20,
    generator: torch.Generator | None = None,
) -> float:
    """Return the largest rise of the loss that is found; the parameters are left as they are.

    The ascent starts in a random direction, since at a minimum the gradient names none.

    Args:
        loss: Computes L, differentiable in `parameters`.
        parameters: θ, the tensors that are moved.
        radius: Distance moved, in units of ‖θ‖; at least 0.
        steps: Steps of the ascent; at least 1.
        generator: Draws its start; torch's own if None.

    Raises:
        ValueError: If a setting is out of its range.
    """
    _check(radius, steps=steps)
    r = radius * _norm(parameters)
    start = float(loss().detach())  # L(θ)
    u = _random(parameters, generator)
    highest = _moved(loss, parameters, u, r)
    for _ in range(steps):
        before = [p.detach().clone() for p in parameters]
        _shift(parameters, u, r)
        gradient = torch.autograd.grad(loss(), list(parameters))
        for p, old in zip(parameters, before, strict=True):
            p.data.copy_(old)
        norm = _norm(gradient)
        if not norm > 0:
            break
        u = [g / norm for g in gradient]  # the steepest point of the sphere, to first order
        highest = max(highest, _moved(loss, parameters, u, r))
    return highest - start


def _check(radius: float, **counts: int) -> None:
    if not radius >= 0:
        raise ValueError(f"radius must be at least 0. Got {radius}.")
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1. Got {count}.")


def _norm(tensors: Sequence[Tensor]) -> float:
    """Return the Euclidean norm of all tensors together."""
    return float(torch.stack([t.detach().pow(2).sum() for t in tensors]).sum().sqrt())


def _random(parameters: Sequence[Tensor], generator: torch.Generator | None) -> list[Tensor]:
    """Draw a point of the unit sphere: a normal vector, divided by its length."""
    drawn = [torch.empty_like(p.detach()).normal_(generator=generator) for p in parameters]
    norm = _norm(drawn)
    return [d / norm for d in drawn]


def _moved(loss: Loss, parameters: Sequence[Tensor], u: Sequence[Tensor], r: float) -> float:
    """Return L(θ + r u)."""
    before = [p.detach().clone() for p in parameters]
    _shift(parameters, u, r)
    with torch.no_grad():
        value = float(loss())
    for p, old in zip(parameters, before, strict=True):
        p.data.copy_(old)  # subtracting r u again would leave a rounding error
    return value


def _shift(parameters: Sequence[Tensor], u: Sequence[Tensor], r: float) -> None:
    for p, direction in zip(parameters, u, strict=True):
        p.data.add_(direction, alpha=r)
