"""Adafactor: an adaptive step size for each weight from one number per row and one per column.

Source: Shazeer and Stern, 2018, https://arxiv.org/abs/1804.04235, algorithms 4 and 5. Three details
are torch's: η is the paper's upper limit of the relative step, ε₁ bounds the estimate from below,
and the square mean of a row is taken, not its sum.

    β_t = 1 - t^τ                                          reaches back farther and farther
    R_t = β_t R_{t-1} + (1 - β_t) mean of G_t² over each row
    C_t = β_t C_{t-1} + (1 - β_t) mean of G_t² over each column
    V_t = R_t C_t / mean(R_t)                              of rank 1, for each weight
    U_t = G_t / √V_t
    θ_t = θ_{t-1} - max(ε₂, RMS(θ_{t-1})) min(η, 1/√t) U_t / max(1, RMS(U_t) / d)

Vectors keep V_t itself.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


def rms(x: Tensor) -> float:
    """Return the root mean square of all entries."""
    return float(x.norm()) / math.sqrt(x.numel())


class Adafactor(Optimizer):
    """Adafactor without momentum.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, upper limit of a step in relation to the weights; at least 0.
        beta2_decay: τ, at most 0.
        eps: ε₁, the least root of V, None for the spacing of the data type's numbers at 1; and
            ε₂, the least size that weights are taken to have. Each at least 0.
        d: Root mean square of U above which it is scaled down; at least 1.
        weight_decay: Decoupled shrinkage per unit of `lr` and step; at least 0.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, beta2_decay=beta2_decay, d=d, weight_decay=weight_decay)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not beta2_decay <= 0:
            raise ValueError(f"beta2_decay must be at most 0. Got {beta2_decay}.")
        if not all(bound is None or bound >= 0 for bound in eps):
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        if not d >= 1:
            raise ValueError(f"d must be at least 1. Got {d}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "beta2_decay": beta2_decay,
                "eps": eps,
                "d": d,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Apply algorithm 4 to a matrix, or a stack of matrices, and algorithm 5 to a vector."""
        is_matrix = gradient.dim() > 1
        if not state:
            state["step"] = 0
            if is_matrix:
                state["row"] = torch.zeros_like(gradient[..., :1])  # R_0, (..., rows, 1)
                state["column"] = torch.zeros_like(gradient[..., :1, :])  # C_0, (..., 1, columns)
            else:
                state["v"] = torch.zeros_like(gradient)  # V_0
        state["step"] += 1
        newest = state["step"] ** group["beta2_decay"]  # 1 - β_t
        relative = min(group["lr"], 1 / math.sqrt(state["step"]))
        least_root, least_size = group["eps"]
        if least_root is None:
            least_root = torch.finfo(parameter.dtype).eps
        size = max(least_size, rms(parameter)) * relative
        squares = gradient.square()
        if is_matrix:
            row = state["row"].lerp_(squares.mean(-1, keepdim=True), newest)  # R_t
            column = state["column"].lerp_(squares.mean(-2, keepdim=True), newest)  # C_t
            share = row / row.mean(-2, keepdim=True).clamp(min=least_root)
            v = share @ column  # V_t
        else:
            v = state["v"].lerp_(squares, newest)  # V_t
        u = v.clamp(min=least_root**2).rsqrt_().mul_(gradient)  # U_t
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(u, alpha=-size / max(1.0, rms(u) / group["d"]))  # θ_t
