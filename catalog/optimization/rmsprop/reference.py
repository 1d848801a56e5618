"""RMSprop: each parameter at its own pace, by the root mean square of its recent gradients.

Source: Tieleman and Hinton, 2012, lecture 6e,
https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf, slide 29.

    v_t = α v_{t-1} + (1 - α) g_t²          for each parameter; v_0 = 0
    θ_t = θ_{t-1} - η g_t / (√v_t + ε)

v starts at 0 and nothing corrects for it: the first step is about η / √(1 - α) long.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer


class RMSprop(Optimizer):
    """RMSprop, in its plain form without momentum.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, about the size of a step; at least 0.
        alpha: α, the share of the past that is kept in a step; in [0, 1).
        eps: ε, added to the root; at least 0.
        maximize: Ascend.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not 0 <= alpha < 1:
            raise ValueError(f"alpha must be at least 0 and below 1. Got {alpha}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps, "maximize": maximize})

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Average the squares, and step by the gradient over their root."""
        alpha = group["alpha"]
        if not state:
            state["v"] = torch.zeros_like(parameter)  # v_0
        v = state["v"].mul_(alpha).addcmul_(gradient, gradient, value=1 - alpha)  # v_t
        parameter.addcdiv_(gradient, v.sqrt().add_(group["eps"]), value=-group["lr"])  # θ_t
