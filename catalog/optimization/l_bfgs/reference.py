"""L-BFGS: nearly Newton's steps, from what the last few steps did to the gradient.

Source: Liu and Nocedal, 1989, https://doi.org/10.1007/BF01589116, algorithm 2.1; the length of the
step by bisection after Lewis and Overton, 2013, https://doi.org/10.1007/s10107-012-0514-2,
algorithm 4.6.

    s_k = θ_{k+1} - θ_k        y_k = g_{k+1} - g_k        ρ_k = 1 / (y_kᵀ s_k)
    H_{k+1} = (I - ρ s yᵀ) H_k (I - ρ y sᵀ) + ρ s sᵀ      so that H_{k+1} y_k = s_k
    H_0 = (sᵀy / yᵀy) I                                   of the newest pair
    θ_{k+1} = θ_k - t H_k g_k

H is never formed: a pass back and a pass forth over the pairs give H g. t fulfils the conditions of
Armijo, f falls enough, and Wolfe, the slope rises enough, which keeps yᵀs above 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT

from catalog.optimization.optimizer.reference import check_numbers

ARMIJO = 1e-4
"""Least share of the fall that the slope at the start promises."""
WOLFE = 0.9
"""Largest share of the slope at the start that may be left."""
TRIALS = 25
"""Evaluations in search of one step's length."""
CURVED = 1e-10
"""yᵀs above which a pair is remembered."""


def newton_direction(
    gradient: Tensor, steps: Sequence[Tensor], changes: Sequence[Tensor]
) -> Tensor:
    """Return -H g from the pairs remembered, or -g without any.

    Args:
        gradient: g, (n,).
        steps: s, (n,) each, oldest first.
        changes: y, (n,) each, with yᵀs above 0.
    """
    q = -gradient
    shares = []
    for s, y in reversed(list(zip(steps, changes, strict=True))):
        share = s.dot(q) / y.dot(s)  # ρ sᵀq
        q = q - share * y
        shares.append(share)
    if steps:
        q = q * (steps[-1].dot(changes[-1]) / changes[-1].dot(changes[-1]))  # H_0 q
    for s, y, share in zip(steps, changes, reversed(shares), strict=True):
        q = q + (share - y.dot(q) / y.dot(s)) * s
    return q


class LBFGS(torch.optim.Optimizer):
    """L-BFGS, for a loss that is the same each time it is computed.

    Args:
        params: Parameters, or pairs of name and parameter, in one group.
        lr: The length t that is tried first, or taken; above 0.
        max_iter: Iterations of one call of `step`; at least 1.
        history_size: Pairs remembered; at least 1.
        tolerance: Largest entry of the gradient at which `step` ends; at least 0.
        line_search: Search t; else take `lr` as it is.

    Raises:
        ValueError: If a setting is out of its range, or there is more than one group.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1.0,
        max_iter: int = 20,
        history_size: int = 100,
        tolerance: float = 1e-7,
        line_search: bool = True,
    ) -> None:
        check_numbers(lr=lr, max_iter=max_iter, history_size=history_size, tolerance=tolerance)
        if not lr > 0:
            raise ValueError(f"lr must be above 0. Got {lr}.")
        for name, count in (("max_iter", max_iter), ("history_size", history_size)):
            if count < 1:
                raise ValueError(f"{name} must be at least 1. Got {count}.")
        if not tolerance >= 0:
            raise ValueError(f"tolerance must be at least 0. Got {tolerance}.")
        settings = {
            "lr": lr,
            "max_iter": max_iter,
            "history_size": history_size,
            "tolerance": tolerance,
            "line_search": line_search,
        }
        super().__init__(params, settings)
        if len(self.param_groups) != 1:
            raise ValueError(f"params must be one group. Got {len(self.param_groups)}.")

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor]) -> Tensor:  # type: ignore[override]
        """Take up to `max_iter` iterations.

        Args:
            closure: Computes the loss and the gradients anew; is called at least once for each
                iteration.

        Returns:
            What the closure returned at first.
        """
        group = self.param_groups[0]
        # All parameters are one vector; its state stands with the first, where it is saved.
        state = self.state[group["params"][0]]
        result, loss, gradient = self._evaluate(closure)
        for iteration in range(group["max_iter"]):
            if gradient.abs().max() <= group["tolerance"]:
                break
            self._remember(state, gradient)
            direction = newton_direction(gradient, state["steps"], state["changes"])
            slope = float(gradient.dot(direction))
            if not slope < 0:
                break
            t = group["lr"]
            if "step" not in state:  # nothing is known of the size of a step
                t *= min(1.0, 1 / float(gradient.abs().sum()))
            state["gradient"] = gradient
            if group["line_search"]:
                t, loss, gradient = self._search(closure, t, loss, direction, slope, gradient)
            else:
                self._move(direction, t)
                if iteration < group["max_iter"] - 1:
                    _, loss, gradient = self._evaluate(closure)
            state["step"] = t * direction  # s_k
            if t == 0:
                break
        return result

    def _remember(self, state: dict[str, Any], gradient: Tensor) -> None:
        """Add the pair of the last step, and forget the oldest."""
        if not state:
            state["steps"], state["changes"] = [], []
            return
        s, y = state["step"], gradient - state["gradient"]
        if y.dot(s) > CURVED:
            size = self.param_groups[0]["history_size"]
            state["steps"] = [*state["steps"], s][-size:]
            state["changes"] = [*state["changes"], y][-size:]

    def _search(
        self,
        closure: Callable[[], Tensor],
        t: float,
        loss: float,
        direction: Tensor,
        slope: float,
        gradient: Tensor,
    ) -> tuple[float, float, Tensor]:
        """Move along the direction, and return how far, with loss and gradient there."""
        low, high = 0.0, math.inf
        at, best = 0.0, (0.0, loss, gradient)
        for _ in range(TRIALS):
            self._move(direction, t - at)
            at = t
            _, value, there = self._evaluate(closure)
            if not value <= loss + ARMIJO * t * slope:
                high = t  # too far
            else:
                low, best = t, (t, value, there)
                if there.dot(direction) >= WOLFE * slope:
                    break
            t = (low + high) / 2 if high < math.inf else 2 * t
        self._move(direction, best[0] - at)
        return best

    def _move(self, direction: Tensor, t: float) -> None:
        """Move all parameters by a part of the direction."""
        start = 0
        for parameter in self.param_groups[0]["params"]:
            part = direction[start : start + parameter.numel()]
            parameter.add_(part.view_as(parameter), alpha=t)
            start += parameter.numel()

    def _evaluate(self, closure: Callable[[], Tensor]) -> tuple[Tensor, float, Tensor]:
        """Return the closure's result, its value, and the gradient of all parameters, (n,)."""
        with torch.enable_grad():
            result = closure()
        parameters = self.param_groups[0]["params"]
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        return result, float(result.detach()), torch.cat([grad.flatten() for grad in grads])
