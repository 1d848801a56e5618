"""Adagrad: each parameter at its own pace, by the sum of all its squared gradients so far.

Source: Duchi, Hazan and Singer, 2011, https://jmlr.org/papers/v12/duchi11a.html, the diagonal form
of figure 1.

    s_t = s_{t-1} + g_t²                    for each parameter; s_0 ≥ 0
    θ_t = θ_{t-1} - η g_t / (√s_t + ε)

s never shrinks, and so the step per unit of gradient never grows.

Neither option is the paper's. `lr_decay`, from torch.optim.Adagrad, puts η_t for η;
`weight_decay`, of Krogh and Hertz, 1991, equation 2, puts g_t + λ θ_{t-1} for g_t:

    η_t = η / (1 + (t - 1) κ)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class Adagrad(Optimizer):
    """Adagrad.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, the size of the first step if s_0 = 0; at least 0.
        lr_decay: κ, how fast the rate falls besides; at least 0. At step 1 + 1 / κ it is half of η.
        weight_decay: λ, the weight of an L2 penalty added to the gradient; at least 0.
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
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        maximize: bool = False,
    ) -> None:
        check_numbers(
            lr=lr,
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            eps=eps,
        )
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not lr_decay >= 0:
            raise ValueError(f"lr_decay must be at least 0. Got {lr_decay}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
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
                "lr_decay": lr_decay,
                "weight_decay": weight_decay,
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
            state["step"] = 0
            state["s"] = torch.full_like(parameter, group["initial_accumulator_value"])  # s_0
        state["step"] += 1
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])  # g_t + λ θ_{t-1}
        lr = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])  # η_t
        s = state["s"].addcmul_(gradient, gradient)  # s_t
        parameter.addcdiv_(gradient, s.sqrt().add_(group["eps"]), value=-lr)  # θ_t
