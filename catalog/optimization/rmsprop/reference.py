"""RMSprop: each parameter at its own pace, by the root mean square of its recent gradients.

Source: Tieleman and Hinton, 2012, lecture 6e,
https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf, slide 29.

    v_t = α v_{t-1} + (1 - α) g_t²          for each parameter; v_0 = 0
    θ_t = θ_{t-1} - η g_t / (√v_t + ε)

v starts at 0 and nothing corrects for it: the first step is about η / √(1 - α) long.

`centered` and `momentum`: Graves, 2013, https://arxiv.org/abs/1308.0850, section 4.2, but with ε
beside the root and η outside the sum, as in torch. Both means and the sum start at 0.

    ḡ_t = α ḡ_{t-1} + (1 - α) g_t
    σ_t = √(v_t - ḡ_t²)                     if centred; otherwise √v_t
    m_t = β m_{t-1} + g_t / (σ_t + ε)
    θ_t = θ_{t-1} - η m_t

`weight_decay`: Krogh and Hertz, 1991, equation 2. The gradient is g_t + λ θ_{t-1} throughout.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class RMSprop(Optimizer):
    """RMSprop; by default in its plain form, without momentum.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, about the size of a step; at least 0.
        alpha: α, the share of the past that is kept in a step; in [0, 1).
        eps: ε, added to the root; at least 0.
        weight_decay: λ, the weight of an L2 penalty added to the gradient; at least 0.
        momentum: β, the share of m that is kept in a step; in [0, 1).
        centered: Divide by the deviation of the gradients from their mean. A gradient that hardly
            changes makes steps of up to η g / ε, or NaN if rounding puts v below ḡ², as in torch.
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
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        check_numbers(lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not 0 <= alpha < 1:
            raise ValueError(f"alpha must be at least 0 and below 1. Got {alpha}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1. Got {momentum}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
                "maximize": maximize,
            },
        )

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Average the squares, and step by the gradient over their root."""
        alpha, lr = group["alpha"], group["lr"]
        if not state:
            state["v"] = torch.zeros_like(parameter)  # v_0
            if group["centered"]:
                state["mean"] = torch.zeros_like(parameter)  # ḡ_0
            if group["momentum"]:
                state["m"] = torch.zeros_like(parameter)  # m_0
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])  # g_t + λ θ_{t-1}
        v = state["v"].mul_(alpha).addcmul_(gradient, gradient, value=1 - alpha)  # v_t
        if group["centered"]:
            mean = state["mean"].lerp_(gradient, 1 - alpha)  # ḡ_t
            v = v.addcmul(mean, mean, value=-1)  # v_t - ḡ_t²
        root = v.sqrt().add_(group["eps"])  # σ_t + ε
        if group["momentum"]:
            m = state["m"].mul_(group["momentum"]).addcdiv_(gradient, root)  # m_t
            parameter.add_(m, alpha=-lr)  # θ_t
        else:
            parameter.addcdiv_(gradient, root, value=-lr)  # θ_t
