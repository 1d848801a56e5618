"""Walk an optimizer down a surface, and keep every position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
BoolArray = np.ndarray[Any, np.dtype[np.bool_]]


def walk(
    make: Callable[..., torch.optim.Optimizer],
    gradient: Callable[[Tensor], Tensor],
    start: Any,
    steps: int,
    lr: float,
    schedule: Callable[[int, int], float] | None = None,
    **settings: Any,
) -> FloatArray:
    """Return all positions, (steps + 1, *start.shape) in float64, the start first.

    Args:
        make: The optimizer's class.
        gradient: From positions to gradients of the same shape.
        start: Positions of any shape; optimizers that treat each coordinate by itself walk from
            all of them at once.
        steps: How many to take.
        lr: The peak learning rate.
        schedule: `(step, steps) -> factor` on `lr`, `step` from 0; None for a constant rate.
        settings: Of the optimizer.
    """
    point = torch.tensor(np.asarray(start), dtype=torch.float64)
    optimizer = make([point], lr=lr, **settings)
    positions = torch.empty((steps + 1, *point.shape), dtype=torch.float64)
    positions[0] = point
    for step in range(steps):
        if schedule is not None:
            optimizer.param_groups[0]["lr"] = lr * schedule(step, steps)
        point.grad = gradient(point)
        optimizer.step()
        positions[step + 1] = point
    path: FloatArray = positions.numpy()
    return path
