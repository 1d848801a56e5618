"""AdamW: Adam's step, and beside it a decay of the weights that the gradients have no part in.

Source: Loshchilov and Hutter, 2017, https://arxiv.org/abs/1711.05101, algorithm 2. There the decay
is multiplied by the schedule alone; here, as in torch, by the whole learning rate.

    θ_t = (1 - η λ) θ_{t-1} - η m̂_t / (√v̂_t + ε)

An L2 penalty would add λ θ to the gradient, and Adam would divide it by √v̂ like the rest.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.adam.reference import Adam


class AdamW(Adam):
    """Adam with decoupled weight decay.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: η, about the size of a step; at least 0.
        betas: Shares of the past that are kept in a step; each in [0, 1).
        eps: ε, added to the root; at least 0.
        weight_decay: λ, the shrinkage per unit of `lr` and step; at least 0. 0 is Adam.
        amsgrad: Divide by the largest mean square so far instead of the present one.
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
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize)

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Shrink the weights, then take Adam's step without its penalty."""
        parameter.mul_(1 - group["lr"] * group["weight_decay"])  # (1 - η λ) θ_{t-1}
        super().update(parameter, gradient, state, {**group, "weight_decay": 0.0})
