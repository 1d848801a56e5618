"""Lion: the sign of a mixture of momentum and gradient, so that every weight moves equally far.

Source: Chen et al., 2023, https://arxiv.org/abs/2302.06675, algorithm 2.

    c_t = β₁ m_{t-1} + (1 - β₁) g_t         what is stepped by
    θ_t = θ_{t-1} - η (sign(c_t) + λ θ_{t-1})
    m_t = β₂ m_{t-1} + (1 - β₂) g_t         what is remembered
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class Lion(Optimizer):
    """Lion.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, the size of a step of every weight; at least 0.
        betas: β₁ of the step and β₂ of the memory, shares of the past; each in [0, 1).
        weight_decay: λ, decoupled, the shrinkage per unit of `lr` and step; at least 0.
        maximize: Ascend; the weights decay all the same.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, betas=betas, weight_decay=weight_decay)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must be at least 0 and below 1. Got {betas}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        super().__init__(
            params,
            {"lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize},
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Apply algorithm 2 to one parameter."""
        beta1, beta2 = group["betas"]
        if not state:
            state["m"] = torch.zeros_like(parameter)  # m_0
        m = state["m"]
        step = m.lerp(gradient, 1 - beta1).sign()  # sign(c_t), each entry -1, 0 or 1
        parameter.mul_(1 - group["lr"] * group["weight_decay"]).sub_(step, alpha=group["lr"])  # θ_t
        m.lerp_(gradient, 1 - beta2)  # m_t
