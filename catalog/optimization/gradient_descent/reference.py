"""Vanilla gradient descent: a step against the present gradient, and nothing else.

Source: Cauchy, 1847; as taught today in Bottou, Curtis and Nocedal, 2016,
https://arxiv.org/abs/1606.04838, equation 3.7 on batches and 3.9 on all data.

    θ_t = θ_{t-1} - η g_t

On a bowl of curvature c along a direction, f = c θ² / 2, the distance to the bottom is multiplied
by 1 - η c in each step: it grows if η > 2 / c, and hardly shrinks if η is far below 1 / c. One η
for all directions has to suit the steepest of them.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class GradientDescent(Optimizer):
    """Gradient descent; stochastic if the gradients come from batches.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, the step per unit of gradient; at least 0.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3, maximize: bool = False) -> None:
        check_numbers(lr=lr)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        super().__init__(params, {"lr": lr, "maximize": maximize})

    def update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Any],  # noqa: ARG002, nothing is remembered
        group: dict[str, Any],
    ) -> None:
        """Take one step."""
        parameter.add_(gradient, alpha=-group["lr"])  # θ_t
