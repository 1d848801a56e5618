"""Two functions of two variables that optimizers are shown on, and the walk over them.

No data and no network: what happens is the optimizer's doing alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor

from catalog.lab.recipe import Part

NEAR = 0.1
"""Distance from the bottom within which it counts as reached."""
FAR = 10.0
"""What a distance is cut off at, for a walk that left for good."""


@dataclasses.dataclass(frozen=True)
class Surface:
    """A function to go down on.

    Attributes:
        height: (n, 2) points to (n,) values.
        bottom: Where it is lowest.
        reach: Starts are drawn from a square of this half side around zero.
    """

    height: Callable[[Tensor], Tensor]
    bottom: tuple[float, float]
    reach: float


def rosenbrock(points: Tensor) -> Tensor:
    """Return (1 - x)² + 100 (y - x²)² of points (..., 2), a bent valley whose optimum is (1, 1).

    Source: Rosenbrock, 1960, https://doi.org/10.1093/comjnl/3.3.175.
    """
    x, y = points.unbind(-1)
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def rastrigin(points: Tensor) -> Tensor:
    """Return Σ x² + 10 (1 - cos 2πx): a minimum near every whole number, the lowest at 0."""
    return (points**2 + 10 * (1 - torch.cos(2 * math.pi * points))).sum(-1)


ROSENBROCK = Surface(rosenbrock, (1.0, 1.0), 2.0)
"""A flat valley that bends."""
RASTRIGIN = Surface(rastrigin, (0.0, 0.0), 5.12)
"""A bowl full of hollows, one at each pair of whole numbers; Rastrigin, 1974."""


def walk(
    surface: Surface,
    optimizer: Part,
    lr: float,
    starts: Tensor,
    steps: int = 500,
    decays: bool = False,
) -> Tensor:
    """Return the distances from the bottom, (n,), after a walk from each start, at most `FAR`.

    Args:
        surface: What is walked on.
        optimizer: `([parameter], lr=...) -> optimizer`, that treats each number by itself: all
            walks are one parameter.
        lr: The learning rate.
        starts: (n, 2).
        steps: Length of the walks.
        decays: Bring the rate down to zero in a line.
    """
    points = starts.clone().requires_grad_()
    walker = optimizer([points], lr=lr)

    def closure() -> Tensor:
        walker.zero_grad()
        total = surface.height(points).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    for step in range(steps):
        if decays:
            walker.param_groups[0]["lr"] = lr * (1 - step / steps)
        walker.step(closure)
    away = points.detach() - torch.tensor(surface.bottom, dtype=points.dtype)
    gaps: Tensor = torch.linalg.vector_norm(away, dim=1)
    return gaps.nan_to_num(FAR).clamp(max=FAR)


def arrivals(
    seed: int,
    surface: Surface,
    optimizer: Part,
    rates: tuple[float, ...],
    starts: int = 20,
    steps: int = 500,
    decays: bool = False,
) -> dict[str, float]:
    """Return how the walks ended, each figure at the rate that is best for it.

    Args:
        seed: Of the starts.
        surface: What is walked on.
        optimizer: As `walk` takes it.
        rates: Learning rates to choose from.
        starts: How many.
        steps: Length of the walks.
        decays: Bring the rate down to zero in a line.

    Returns:
        `distance`: the median distance from the bottom; `arrived`: the share within `NEAR` of it.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(starts, 2, generator=generator, dtype=torch.float64)
    begin = surface.reach * (2 * drawn - 1)
    ends = [walk(surface, optimizer, lr, begin, steps, decays) for lr in rates]
    return {
        "distance": min(float(gaps.median()) for gaps in ends),
        "arrived": max(float((gaps < NEAR).double().mean()) for gaps in ends),
    }
