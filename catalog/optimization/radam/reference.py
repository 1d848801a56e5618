"""RAdam: Adam that holds back while the mean square rests on too few gradients.

Source: Liu et al., 2019, https://arxiv.org/abs/1908.03265, algorithm 2.

    m_t = β₁ m_{t-1} + (1 - β₁) g_t
    v_t = β₂ v_{t-1} + (1 - β₂) g_t²
    m̂_t = m_t / (1 - β₁ᵗ)
    ρ_∞ = 2 / (1 - β₂) - 1                  gradients that v_t rests on in the end, about
    ρ_t = ρ_∞ - 2 t β₂ᵗ / (1 - β₂ᵗ)         and at step t
    r_t = √((ρ_t - 4)(ρ_t - 2) ρ_∞ / ((ρ_∞ - 4)(ρ_∞ - 2) ρ_t))       rises to 1

    θ_t = θ_{t-1} - η r_t m̂_t √(1 - β₂ᵗ) / (√v_t + ε)        if ρ_t > 5
    θ_t = θ_{t-1} - η m̂_t                                    else: plain momentum

The paper's threshold is 4; torch and the authors' code have 5, which is kept here.

`weight_decay` puts g_t + λ θ_{t-1} for g_t (Krogh and Hertz, 1991, equation 2). With
`decoupled_weight_decay` it puts (1 - η λ) θ_{t-1} for θ_{t-1} in both last lines instead, as AdamW
does (Loshchilov and Hutter, 2017, https://arxiv.org/abs/1711.05101).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers

TRACTABLE = 5.0
"""ρ_t above which the variance of 1 / √v_t is taken as finite."""


def rectification(step: int, beta2: float) -> float | None:
    """Return r_t, by which a step is shortened, or None where no scaling is to be trusted.

    Args:
        step: t, from 1.
        beta2: β₂ in [0, 1).
    """
    rho_end = 2 / (1 - beta2) - 1  # ρ_∞
    rho = rho_end - 2 * step * beta2**step / (1 - beta2**step)  # ρ_t
    if rho <= TRACTABLE:
        return None
    return math.sqrt((rho - 4) * (rho - 2) * rho_end / ((rho_end - 4) * (rho_end - 2) * rho))


class RAdam(Optimizer):
    """RAdam.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, about the size of a step in the end; at least 0.
        betas: β₁ and β₂, shares of the past that are kept in a step; each in [0, 1).
        eps: ε, added to the root; at least 0.
        weight_decay: λ, the weight of an L2 penalty added to the gradient, or of the decay if
            `decoupled_weight_decay`; at least 0.
        decoupled_weight_decay: Shrink the weights beside the step, as AdamW, instead of adding the
            penalty to the gradient.
        maximize: Ascend; the weights decay all the same.

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
        decoupled_weight_decay: bool = False,
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
                "decoupled_weight_decay": decoupled_weight_decay,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Apply algorithm 2 to one parameter."""
        (beta1, beta2), lr = group["betas"], group["lr"]
        if not state:
            state["step"] = 0
            state["m"] = torch.zeros_like(parameter)  # m_0
            state["v"] = torch.zeros_like(parameter)  # v_0
        state["step"] += 1
        t, m, v = state["step"], state["m"], state["v"]
        if group["weight_decay"]:
            if group["decoupled_weight_decay"]:
                parameter.mul_(1 - lr * group["weight_decay"])  # (1 - η λ) θ_{t-1}
            else:
                gradient = gradient.add(parameter, alpha=group["weight_decay"])  # g_t + λ θ_{t-1}
        m.lerp_(gradient, 1 - beta1)  # m_t
        v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)  # v_t
        lr /= 1 - beta1**t  # η, and the correction in m̂_t
        r = rectification(t, beta2)
        if r is None:
            parameter.add_(m, alpha=-lr)  # θ_t
        else:
            root = v.sqrt().add_(group["eps"])  # √v_t + ε
            parameter.addcdiv_(m, root, value=-lr * r * math.sqrt(1 - beta2**t))  # θ_t
