"""Shampoo: the gradient of a matrix is rescaled along learned directions of its rows and columns.

Source: Gupta, Koren and Singer, 2018, https://arxiv.org/abs/1802.09568, algorithm 1 for matrices
and algorithm 2 for tensors of k axes, of which it is the case k = 2.

    L_t = L_{t-1} + G_t G_tᵀ                (rows, rows); L_0 = ε I
    R_t = R_{t-1} + G_tᵀ G_t                (columns, columns); R_0 = ε I
    θ_t = θ_{t-1} - η L_t^(-1/4) G_t R_t^(-1/4)

In general each axis i of size n_i has H_i (n_i, n_i), the sum of the products of the gradient with
itself over all other axes, and the gradient is multiplied along each axis by H_i^(-1/2k). For a
single number this is Adagrad.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


def inverse_root(matrix: Tensor, power: float) -> Tensor:
    """Return a symmetric positive matrix, (n, n), or a diagonal, (n,), to the power of -`power`.

    All of it is NaN if the matrix has an entry that is not finite.
    """
    if matrix.dim() == 1:
        return matrix.pow(-power)
    if not matrix.isfinite().all():
        return torch.full_like(matrix, math.nan)
    values, axes = torch.linalg.eigh(matrix.double())  # single precision may not converge
    # Rounding may turn the smallest eigenvalues negative.
    least = torch.finfo(matrix.dtype).eps * float(values[-1])
    root: Tensor = (axes * values.clamp(min=least).pow(-power)) @ axes.T
    return root.to(matrix)


def along(gradient: Tensor, axis: int, matrix: Tensor) -> Tensor:
    """Return a tensor multiplied along one of its axes by a matrix, or by a diagonal."""
    last = gradient.movedim(axis, -1)
    return (last * matrix if matrix.dim() == 1 else last @ matrix).movedim(-1, axis)


class Shampoo(Optimizer):
    """Shampoo.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η; at least 0.
        eps: ε, what the statistics start from; above 0.
        interval: Steps between new roots of the statistics; at least 1.
        max_size: Axes longer than this keep the diagonal of H alone; at least 0.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 0.1,
        eps: float = 1e-4,
        interval: int = 1,
        max_size: int = 1024,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, eps=eps, interval=interval, max_size=max_size)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not eps > 0:
            raise ValueError(f"eps must be above 0. Got {eps}.")
        if interval < 1:
            raise ValueError(f"interval must be at least 1. Got {interval}.")
        if max_size < 0:
            raise ValueError(f"max_size must be at least 0. Got {max_size}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "eps": eps,
                "interval": interval,
                "max_size": max_size,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Apply algorithm 2 to one parameter; a single number has one axis of size 1."""
        shaped = gradient if gradient.dim() else gradient.view(1)
        if not state:
            state["step"] = 0
            for axis, size in enumerate(shaped.shape):
                start = shaped.new_full((size,), group["eps"])
                state[f"h{axis}"] = start if size > group["max_size"] else start.diag()  # H_i
        update = shaped
        for axis in range(shaped.dim()):
            h = state[f"h{axis}"]
            flat = shaped.movedim(axis, 0).reshape(len(h), -1)  # (n_i, all others)
            h.add_(flat.square().sum(1) if h.dim() == 1 else flat @ flat.T)
            if state["step"] % group["interval"] == 0:
                state[f"root{axis}"] = inverse_root(h, 1 / (2 * shaped.dim()))
            update = along(update, axis, state[f"root{axis}"])
        state["step"] += 1
        parameter.sub_(update.view_as(parameter), alpha=group["lr"])  # θ_t
