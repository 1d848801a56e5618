"""Momentum: steps along the gradients of the past, the older the less.

Source: Polyak, 1964, https://doi.org/10.1016/0041-5553(64)90137-5; in today's notation Sutskever
et al., 2013, https://proceedings.mlr.press/v28/sutskever13.html, equations 1 and 2.

    m_t = β m_{t-1} + g_t                   the sum, as in torch.optim.SGD; m_0 = 0
    m_t = β m_{t-1} + (1 - β) g_t           the average, `averaged`
    θ_t = θ_{t-1} - η m_t

A gradient that stays the same adds up to g / (1 - β) in the sum and to g in the average. The two
walk the same way if the average's rate is 1 / (1 - β) times as large.

`dampening`, from torch.optim.SGD, takes the first gradient whole and of each later one a share:

    m_1 = g_1
    m_t = β m_{t-1} + (1 - δ) g_t           t > 1; with δ = β the average but for g_1

`weight_decay`: Krogh and Hertz, 1991, equation 2. The gradient is g_t + λ θ_{t-1} throughout.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class Momentum(Optimizer):
    """Gradient descent with momentum.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η; at least 0.
        momentum: β, the share of m that is kept in a step; in [0, 1). 0 is gradient descent.
        dampening: δ, the share of each gradient but the first that is left out; in [0, 1]. Without
            momentum it does nothing, as in torch.
        weight_decay: λ, the weight of an L2 penalty added to the gradient; at least 0.
        averaged: Step along the average of the gradients instead of their sum.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range, or the average is to be dampened, too.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        momentum: float = 0.9,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        averaged: bool = False,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1. Got {momentum}.")
        if not 0 <= dampening <= 1:
            raise ValueError(f"dampening must be from 0 to 1. Got {dampening}.")
        if averaged and dampening:
            raise ValueError(f"dampening must be 0 if averaged. Got {dampening}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "averaged": averaged,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Add the gradient to the state, and step along the state."""
        beta = group["momentum"]
        if group["averaged"]:
            share = 1 - beta
        elif not state or not beta:
            share = 1.0  # the first gradient, and without momentum each one, is taken whole
        else:
            share = 1 - group["dampening"]
        if not state:
            state["m"] = torch.zeros_like(parameter)  # m_0
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])  # g_t + λ θ_{t-1}
        m = state["m"].mul_(beta).add_(gradient, alpha=share)  # m_t
        parameter.add_(m, alpha=-group["lr"])  # θ_t
