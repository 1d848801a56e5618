"""NAdam: Adam whose momentum looks one step ahead, as Nesterov's does.

Source: Dozat, 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ, algorithm 2 with the
schedule of μ given below it.

    μ_t = β₁ (1 - 0.96^{tψ} / 2)            momentum, rising from about β₁ / 2 to β₁
    m_t = β₁ m_{t-1} + (1 - β₁) g_t         as in torch; the paper puts μ_t for β₁ here
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²
    m̄_t = μ_{t+1} m_t / (1 - Π_{i≤t+1} μ_i) + (1 - μ_t) g_t / (1 - Π_{i≤t} μ_i)
    θ_t = θ_{t-1} - η m̄_t / (√(v_t / (1 - β₂ᵗ)) + ε)

`weight_decay` puts g_t + λ θ_{t-1} for g_t (Krogh and Hertz, 1991, equation 2). With
`decoupled_weight_decay` it puts (1 - η λ) θ_{t-1} for θ_{t-1} in the last line instead, as AdamW
does (Loshchilov and Hutter, 2017, https://arxiv.org/abs/1711.05101).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class NAdam(Optimizer):
    """NAdam.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, about the size of a step; at least 0.
        betas: β₁ and β₂, shares of the past that are kept in a step; each in [0, 1).
        eps: ε, added to the root; at least 0.
        weight_decay: λ, the weight of an L2 penalty added to the gradient, or of the decay if
            `decoupled_weight_decay`; at least 0.
        momentum_decay: ψ, how fast the momentum rises to β₁; at least 0.
        decoupled_weight_decay: Shrink the weights beside the step, as AdamW, instead of adding the
            penalty to the gradient.
        maximize: Ascend; the weights decay all the same.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        check_numbers(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay
        )
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas must be at least 0 and below 1. Got {betas}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        if not momentum_decay >= 0:
            raise ValueError(f"momentum_decay must be at least 0. Got {momentum_decay}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum_decay": momentum_decay,
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Apply algorithm 2 to one parameter."""
        (beta1, beta2), psi, lr = group["betas"], group["momentum_decay"], group["lr"]
        if not state:
            state["step"] = 0
            state["m"] = torch.zeros_like(parameter)  # m_0
            state["v"] = torch.zeros_like(parameter)  # v_0
            state["product"] = 1.0
        state["step"] += 1
        t, m, v = state["step"], state["m"], state["v"]
        now = beta1 * (1 - 0.5 * 0.96 ** (t * psi))  # μ_t
        ahead = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * psi))  # μ_{t+1}
        state["product"] *= now  # Π_{i≤t} μ_i
        product = state["product"]
        if group["weight_decay"]:
            if group["decoupled_weight_decay"]:
                parameter.mul_(1 - lr * group["weight_decay"])  # (1 - η λ) θ_{t-1}
            else:
                gradient = gradient.add(parameter, alpha=group["weight_decay"])  # g_t + λ θ_{t-1}
        m.lerp_(gradient, 1 - beta1)  # m_t
        v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)  # v_t
        root = v.sqrt().div_(math.sqrt(1 - beta2**t)).add_(group["eps"])
        # The two terms of m̄_t are stepped along one after the other.
        parameter.addcdiv_(gradient, root, value=-lr * (1 - now) / (1 - product))
        parameter.addcdiv_(m, root, value=-lr * ahead / (1 - product * ahead))  # θ_t
