"""The loss surfaces of the lecture: the bowl, and the gradients of `catalog.lab.surfaces`.

A function takes points (..., 2) and returns values (...) or gradients (..., 2).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

STEEP, FLAT = 4000.0, 1.0
"""Curvatures of the bowl. The lecture names none; a rate of 0.001 diverges and one of 0.0001 does
not if the steep one lies between 2,000 and 20,000."""


def bowl(points: Tensor, angle: Tensor | float = 0.0) -> Tensor:
    """Return ½ (4000 u² + v²), where u and v are the coordinates turned by an angle.

    Args:
        points: (..., 2).
        angle: In radians, one or (...).
    """
    u, v = _turned(points, angle)
    return 0.5 * (STEEP * u**2 + FLAT * v**2)


def bowl_gradient(points: Tensor, angle: Tensor | float = 0.0) -> Tensor:
    """Return the gradient of `bowl`."""
    u, v = _turned(points, angle)
    cos, sin = _cos_sin(angle)
    return torch.stack([STEEP * u * cos - FLAT * v * sin, STEEP * u * sin + FLAT * v * cos], dim=-1)


def _turned(points: Tensor, angle: Tensor | float) -> tuple[Tensor, Tensor]:
    cos, sin = _cos_sin(angle)
    a, b = points.unbind(-1)
    return cos * a + sin * b, cos * b - sin * a


def _cos_sin(angle: Tensor | float) -> tuple[Tensor, Tensor]:
    angle = torch.as_tensor(angle, dtype=torch.float64)
    return angle.cos(), angle.sin()


def rosenbrock_gradient(points: Tensor) -> Tensor:
    """Return the gradient of `catalog.lab.surfaces.rosenbrock`."""
    x, y = points.unbind(-1)
    across = y - x**2
    return torch.stack([-400 * x * across - 2 * (1 - x), 200 * across], dim=-1)


def rastrigin_gradient(points: Tensor) -> Tensor:
    """Return the gradient of `catalog.lab.surfaces.rastrigin`."""
    return 2 * points + 20 * math.pi * torch.sin(2 * math.pi * points)
