"""Nesterov momentum: the gradient is taken where the momentum is about to carry the weights.

Source: Nesterov, 1983, https://www.mathnet.ru/eng/dan46009, in the form of Sutskever et al., 2013,
https://proceedings.mlr.press/v28/sutskever13.html, equations 3 and 4, where v is the last step:

    v_t = β v_{t-1} - η ∇f(ϑ_{t-1} + β v_{t-1})
    ϑ_t = ϑ_{t-1} + v_t

The parameters kept here are the point looked at, θ_t = ϑ_t + β v_t, so that the gradient is taken
where the weights are. With m_t = -v_t / η, and η constant, the same walk is

    m_t = β m_{t-1} + g_t
    θ_t = θ_{t-1} - η (g_t + β m_t)

`weight_decay`: Krogh and Hertz, 1991, equation 2. The gradient is g_t + λ θ_{t-1} throughout: the
penalty's gradient, too, is taken at the point looked at.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class NesterovMomentum(Optimizer):
    """Gradient descent with Nesterov's momentum.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η; at least 0.
        momentum: β, the share of m that is kept in a step; in [0, 1). 0 is gradient descent.
        weight_decay: λ, the weight of an L2 penalty added to the gradient; at least 0.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, momentum=momentum, weight_decay=weight_decay)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1. Got {momentum}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "weight_decay": weight_decay,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Step to the next point that is looked at."""
        beta, lr = group["momentum"], group["lr"]
        if not state:
            state["m"] = torch.zeros_like(parameter)  # m_0
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])  # g_t + λ θ_{t-1}
        m = state["m"].mul_(beta).add_(gradient)  # m_t
        parameter.add_(gradient, alpha=-lr).add_(m, alpha=-lr * beta)  # θ_t
