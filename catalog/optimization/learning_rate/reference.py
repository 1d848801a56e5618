"""Choosing the learning rate: the curvature bounds it, and a search over powers of ten finds it.

Source of the bound: Cohen et al., 2021, https://arxiv.org/abs/2103.00065, section 2; of the search
on a log scale: Bengio, 2012, https://arxiv.org/abs/1206.5533, section 3.1.1.

    L(x) = λ x² / 2,  x_{t+1} = x_t - η L'(x_t) = (1 - ηλ) x_t
    shrinks for 0 < η < 2/λ; with many directions for η < 2/λ_max, λ_max of the Hessian of L
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Choice(NamedTuple):
    """The outcome of a search.

    Attributes:
        rate: The rate with the lowest score.
        scores: (n,) of all rates.
        is_at_edge: Whether it is the lowest or the highest rate tried: then search further out.
    """

    rate: float
    scores: tuple[float, ...]
    is_at_edge: bool


def rate_grid(low: float, high: float, per_decade: int = 2) -> tuple[float, ...]:
    """Return rates in equal ratios from `low` to at most `high`, both included if a ratio fits.

    Args:
        low: The lowest, above 0.
        high: The highest, at least `low`.
        per_decade: Rates for each factor of ten; at least 1.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 < low <= high < math.inf:
        raise ValueError(f"low and high must be rising and above 0. Got {low}, {high}.")
    if not per_decade >= 1:
        raise ValueError(f"per_decade must be at least 1. Got {per_decade}.")
    # The margin is for logarithms of powers of ten that come out just below a whole number.
    count = math.floor(math.log10(high / low) * per_decade + 1e-9) + 1
    return tuple(low * 10 ** (i / per_decade) for i in range(count))


def search(run: Callable[[float], float], rates: Sequence[float]) -> Choice:
    """Return the rate whose run scores lowest.

    Args:
        run: Trains from the start with a rate and returns a score, such as the final loss; NaN or
            infinity for a run that diverged, which is never chosen.
        rates: (n,) in rising order.

    Raises:
        ValueError: If every run diverged.
    """
    scores = tuple(float(run(rate)) for rate in rates)
    finite = [i for i, score in enumerate(scores) if math.isfinite(score)]
    if not finite:
        raise ValueError(f"some run must end with a finite score. Got {list(scores)}.")
    best = min(finite, key=scores.__getitem__)
    return Choice(rates[best], scores, best in (0, len(rates) - 1))


def stable_limit(
    loss: Tensor, parameters: Sequence[Tensor], iterations: int = 50, seed: int = 0
) -> float:
    """Return 2/λ_max, above which plain gradient descent leaves the point where `loss` was taken.

    Args:
        loss: L, a scalar with a graph; best on all examples or a large batch.
        parameters: θ, those that L is differentiated by.
        iterations: Steps of power iteration; more where the largest eigenvalues lie close.
        seed: Of the vector that the iteration starts from.

    Returns:
        The limit; infinity where no direction curves upwards.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not iterations >= 1:
        raise ValueError(f"iterations must be at least 1. Got {iterations}.")
    generator = torch.Generator().manual_seed(seed)
    count = sum(p.numel() for p in parameters)
    gradients = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    flat = torch.cat([g.flatten() for g in gradients])  # (count,) ∇L

    def times(vector: Tensor, shift: float) -> Tensor:
        if not flat.requires_grad:  # L is linear, and its Hessian is zero
            return -shift * vector
        parts = torch.autograd.grad(
            flat @ vector, parameters, retain_graph=True, materialize_grads=True
        )
        return torch.cat([p.flatten() for p in parts]) - shift * vector  # (H - shift I) v

    def dominant(shift: float) -> float:
        vector = torch.randn(count, generator=generator).to(flat)
        for _ in range(iterations):
            vector = vector / vector.norm().clamp(min=torch.finfo(vector.dtype).tiny)
            image = times(vector, shift)
            value, vector = float(vector @ image), image  # Rayleigh quotient
        return value + shift

    largest = dominant(0.0)  # of the largest magnitude, of either sign
    if largest < 0:
        largest = dominant(largest)  # the other end of the spectrum
    return 2 / largest if largest > 0 else math.inf
