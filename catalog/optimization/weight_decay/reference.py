"""Decoupled weight decay: beside each step of any optimizer, the weights shrink a little.

Source: Loshchilov and Hutter, 2017, https://arxiv.org/abs/1711.05101, algorithms 1 and 2; the idea
is that of Krogh and Hertz, 1991. The decay is multiplied by the learning rate, as in torch.

    θ_t = (1 - η λ) θ_{t-1} - η s_t         where s_t is the optimizer's own step

In plain gradient descent s_t is the gradient, and this is the step on the loss + λ ‖θ‖² / 2. Where
s_t is another function of the gradient it is not.
"""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor

from catalog.optimization.optimizer.reference import check_numbers

AnyOptimizer = TypeVar("AnyOptimizer", bound=torch.optim.Optimizer)


class _Decay:
    """The decay of one optimizer: what it does before and after each step."""

    def __init__(self, min_dim: int) -> None:
        self.min_dim = min_dim
        self.before: list[tuple[Tensor, Tensor, dict[str, Any]]] = []

    @torch.no_grad()
    def remember(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        """Keep θ_{t-1}: the gradient is taken there, so it cannot shrink yet."""
        self.before = [
            (parameter, parameter.clone(), group)
            for group in optimizer.param_groups
            for parameter in group["params"]
            if parameter.dim() >= self.min_dim
        ]

    @torch.no_grad()
    def shrink(self, *_: object) -> None:
        """Take η λ θ_{t-1} from what the optimizer's step has left."""
        for parameter, old, group in self.before:
            if parameter.grad is not None:
                parameter.sub_(old, alpha=group["lr"] * group["decay"])  # θ_t
        self.before = []


def add_weight_decay(
    optimizer: AnyOptimizer, weight_decay: float = 1e-2, min_dim: int = 0
) -> AnyOptimizer:
    """Make an optimizer decay its weights in each step from now on; returns the same optimizer.

    Parameters without a gradient stay as they are. Each group gets an entry `decay`, which may be
    changed and is saved with the optimizer's state.

    Args:
        optimizer: Any; a decay of its own acts beside this one.
        weight_decay: λ, the shrinkage per unit of learning rate and step; at least 0, and 0 for
            none.
        min_dim: Dimensions that a parameter must have to decay: 2 spares biases and gains.

    Raises:
        ValueError: If a setting is out of its range.
    """
    check_numbers(weight_decay=weight_decay, min_dim=min_dim)
    if not weight_decay >= 0:
        raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
    if not min_dim >= 0:
        raise ValueError(f"min_dim must be at least 0. Got {min_dim}.")
    for group in optimizer.param_groups:
        group["decay"] = weight_decay
    decay = _Decay(min_dim)
    optimizer.register_step_pre_hook(decay.remember)
    optimizer.register_step_post_hook(decay.shrink)
    return optimizer
