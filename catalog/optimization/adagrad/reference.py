"""Adagrad: each parameter at its own pace, by the sum of all its squared gradients so far.

Source: Duchi, Hazan and Singer, 2011, https://jmlr.org/papers/v12/duchi11a.html, the diagonal form
of figure 1.

    s_t = s_{t-1} + g_t²                    for each parameter; s_0 ≥ 0
    θ_t = θ_{t-1} - η g_t / (√s_t + ε)

s never shrinks, and so the step per unit of gradient never grows.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer


class Adagrad(Optimizer):
    """Adagrad.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, the size of the first step if s_0 = 0; at least 0.
        initial_accumulator_value: s_0; at least 0.
        eps: ε, added to the root; at least 0.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        maximize: bool = False,
    ) -> None:
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not initial_accumulator_value >= 0:
            raise ValueError(
                f"initial_accumulator_value must be at least 0. Got {initial_accumulator_value}."
            )
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "initial_accumulator_value": initial_accumulator_value,
                "eps": eps,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Add the squares to the sum, and step by the gradient over its root."""
        if not state:
            state["s"] = torch.full_like(parameter, group["initial_accumulator_value"])  # s_0
        s = state["s"].addcmul_(gradient, gradient)  # s_t
        parameter.addcdiv_(gradient, s.sqrt().add_(group["eps"]), value=-group["lr"])  # θ_t
