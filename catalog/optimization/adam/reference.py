"""Adam: momentum, and a step size for each parameter from the mean square of its gradient.

Source: Kingma and Ba, 2014, https://arxiv.org/abs/1412.6980, algorithm 1. `amsgrad`: Reddi, Kale
and Kumar, 2018, https://arxiv.org/abs/1904.09237, algorithm 2.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t         mean of the gradients
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²        mean of their squares
    m̂_t = m_t / (1 - β₁ᵗ)                   both start at 0, which is undone
    v̂_t = v_t / (1 - β₂ᵗ)
    θ_t = θ_{t-1} - α m̂_t / (√v̂_t + ε)
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class Adam(Optimizer):
    """Adam.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: α, about the size of a step; at least 0.
        betas: β₁ and β₂, shares of the past that are kept in a step; each in [0, 1).
        eps: ε, added to the root; at least 0. Large values make it momentum.
        weight_decay: Weight of an L2 penalty added to the gradient; 0 for none. It is divided by
            √v̂ like the rest of the gradient; for true decay take AdamW.
        amsgrad: Divide by the largest v_t so far instead of the present one.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must be at least 0 and below 1. Got {betas}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Apply algorithm 1 to one parameter."""
        beta1, beta2 = group["betas"]
        if not state:
            state["step"] = 0
            state["m"] = torch.zeros_like(parameter)  # m_0
            state["v"] = torch.zeros_like(parameter)  # v_0
            if group["amsgrad"]:
                state["v_max"] = torch.zeros_like(parameter)
        state["step"] += 1
        t, m, v = state["step"], state["m"], state["v"]
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])
        m.lerp_(gradient, 1 - beta1)  # m_t
        v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)  # v_t
        if group["amsgrad"]:
            torch.maximum(state["v_max"], v, out=state["v_max"])
            v = state["v_max"]
        root = v.sqrt().div_(math.sqrt(1 - beta2**t)).add_(group["eps"])  # √v̂_t + ε
        parameter.addcdiv_(m, root, value=-group["lr"] / (1 - beta1**t))  # θ_t
