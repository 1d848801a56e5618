"""Schedule-free optimizers: an average of the weights in place of a decay of the learning rate.

Source: Defazio et al., 2024, https://arxiv.org/abs/2405.15682, equations 3 to 5 for SGD and
algorithm 1 for AdamW.

    y_t = (1 - β) z_t + β x_t               where the gradient is taken
    z_{t+1} = z_t - γ_t d_t                 the fast weights
    c_{t+1} = γ_t² / Σ_{i≤t} γ_i²           1 / t, but for a warm-up
    x_{t+1} = (1 - c_{t+1}) x_t + c_{t+1} z_{t+1}       the average, to be used

    SGD:    d_t = g_t + λ y_t
    AdamW:  d_t = g_t / (√v̂_t + ε) + λ y_t

The parameters hold y while it trains and x after `eval()`. Here the average is kept beside z; the
authors' code saves that memory and computes x from y and z.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class ScheduleFreeSGD(Optimizer):
    """Schedule-free SGD.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: γ; at least 0. Some ten times that of SGD with a schedule.
        momentum: β, the weight of the average in the point where gradients are taken; in [0, 1].
            0 averages plain SGD, 1 takes the gradients at the average itself.
        weight_decay: λ; at least 0.
        warmup_steps: Steps over which γ rises from 0 in a line; at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
    ) -> None:
        check_numbers(
            lr=lr, momentum=momentum, weight_decay=weight_decay, warmup_steps=warmup_steps
        )
        if not lr >= 0:
            raise ValueError(f"lr must be at least 0. Got {lr}.")
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1. Got {momentum}.")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0. Got {weight_decay}.")
        if not warmup_steps >= 0:
            raise ValueError(f"warmup_steps must be at least 0. Got {warmup_steps}.")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "weight_decay": weight_decay,
                "warmup_steps": warmup_steps,
                "is_training": True,
            },
        )

    def direction(
        self,
        gradient: Tensor,
        state: dict[str, Any],  # noqa: ARG002, AdamW's needs it
        group: dict[str, Any],  # noqa: ARG002
    ) -> Tensor:
        """Return d_t without its decay."""
        return gradient

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Move z, average x, and go to y between them.

        Raises:
            RuntimeError: If the parameters hold the average.
        """
        if not group["is_training"]:
            raise RuntimeError("call train() before a step: the parameters hold the average.")
        if not state:
            state["step"] = 0
            state["squares"] = 0.0  # Σ γ²
            state["z"] = parameter.clone()  # z_1
            state["x"] = parameter.clone()  # x_1
        state["step"] += 1
        z, x = state["z"], state["x"]
        rise = min(1.0, state["step"] / group["warmup_steps"]) if group["warmup_steps"] else 1.0
        gamma = group["lr"] * rise  # γ_t
        z.sub_(self.direction(gradient, state, group), alpha=gamma)
        z.sub_(parameter, alpha=gamma * group["weight_decay"])  # z_{t+1}; the parameter is y_t
        state["squares"] += gamma**2
        if state["squares"] > 0:
            x.lerp_(z, gamma**2 / state["squares"])  # x_{t+1}
        parameter.copy_(z.lerp(x, group["momentum"]))  # y_{t+1}

    @torch.no_grad()
    def eval(self) -> None:
        """Put the average into the parameters, to validate and to save."""
        for parameter, state, group in self._stepped():
            if group["is_training"]:
                parameter.copy_(state["x"])
        for group in self.param_groups:
            group["is_training"] = False

    @torch.no_grad()
    def train(self) -> None:
        """Put back the point where gradients are taken."""
        for parameter, state, group in self._stepped():
            if not group["is_training"]:
                parameter.copy_(state["z"].lerp(state["x"], group["momentum"]))
        for group in self.param_groups:
            group["is_training"] = True

    def _stepped(self) -> list[tuple[Tensor, dict[str, Any], dict[str, Any]]]:
        """Return the parameters that have taken a step, each with its state and group."""
        return [
            (parameter, self.state[parameter], group)
            for group in self.param_groups
            for parameter in group["params"]
            if self.state.get(parameter)
        ]


class ScheduleFreeAdamW(ScheduleFreeSGD):
    """Schedule-free AdamW.

    Args:
        params: Parameters, pairs of name and parameter, or groups of them.
        lr: γ; at least 0. One to ten times that of AdamW with a schedule.
        betas: β, and β₂, the share of the mean square that is kept in a step; the first in
            [0, 1], the second in [0, 1).
        eps: ε, added to the root; at least 0.
        weight_decay: λ; at least 0.
        warmup_steps: Steps over which γ rises from 0 in a line; at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 2.5e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        warmup_steps: int = 0,
    ) -> None:
        check_numbers(
            lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, warmup_steps=warmup_steps
        )
        if not 0 <= betas[1] < 1:
            raise ValueError(f"the second of betas must be at least 0 and below 1. Got {betas}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        super().__init__(params, lr, betas[0], weight_decay, warmup_steps)
        for settings in (self.defaults, *self.param_groups):
            settings.update(beta2=betas[1], eps=eps)

    def direction(self, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """Return the gradient over the root of its mean square."""
        beta2 = group["beta2"]
        v = state.setdefault("v", torch.zeros_like(gradient))
        v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)  # v_t
        root = v.sqrt().div_(math.sqrt(1 - beta2 ** state["step"])).add_(group["eps"])
        return gradient.div(root)
