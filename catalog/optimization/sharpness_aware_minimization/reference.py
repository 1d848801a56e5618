"""Sharpness-aware minimization: the step is taken with the gradient at the worst point nearby.

Source: Foret et al., 2020, https://arxiv.org/abs/2010.01412, equation 2 and algorithm 1.

    min_w max_{‖ε‖₂ ≤ ρ} L(w + ε)           what is minimized
    ε̂(w) = ρ ∇L(w) / ‖∇L(w)‖₂               the worst ε, to first order
    g = ∇L(w + ε̂(w))                        what the optimizer steps with, from w
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from catalog.optimization.optimizer.reference import check_numbers


class SAM(torch.optim.Optimizer):
    """Sharpness-aware minimization around another optimizer.

    It asks the closure for the gradient twice a step; both times the batch has to be the same.
    Running statistics of batch normalization are updated by both passes.

    Args:
        base: The optimizer that steps, as in `SAM(torch.optim.SGD(parameters, lr=0.1))`. Groups and
            state are shared with it.
        rho: ρ, the distance to the point where the gradient is taken, over all parameters
            together; at least 0. With 0 it is the base optimizer.

    Raises:
        ValueError: If `base` is no optimizer, or `rho` is out of its range.
    """

    def __init__(self, base: torch.optim.Optimizer, rho: float = 0.05) -> None:
        if not isinstance(base, torch.optim.Optimizer):
            raise ValueError(
                "base must be an optimizer, as torch.optim.SGD(parameters, lr=0.1)."
                f" Got a {type(base).__name__}."
            )
        check_numbers(rho=rho)
        if not rho >= 0:
            raise ValueError(f"rho must be at least 0. Got {rho}.")
        super().__init__(base.param_groups, base.defaults)
        self.base = base
        self.rho = rho
        self._share()

    def _share(self) -> None:
        self.param_groups = self.base.param_groups
        self.state = self.base.state

    def state_dict(self) -> dict[str, Any]:
        """Return the base optimizer's state and ρ, to save."""
        return self.base.state_dict() | {"rho": self.rho}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state; one of the base optimizer alone leaves ρ as it is."""
        self.base.load_state_dict(state_dict)
        self.rho = state_dict.get("rho", self.rho)
        self._share()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step.

        Args:
            closure: Sets all gradients anew and returns the loss; must be given.

        Returns:
            The loss before the step.

        Raises:
            ValueError: If there is no closure.
        """
        if closure is None:
            raise ValueError("closure must be given: the gradient is taken at two points.")
        return self.base.step(lambda: self._sharp_gradient(closure))

    def _sharp_gradient(self, closure: Callable[[], Any]) -> Any:
        """Leave g as the gradient, and the parameters where they were; return L(w)."""
        loss = closure()  # ∇L(w)
        moved = [p for group in self.param_groups for p in group["params"] if p.grad is not None]
        gradients = [p.grad for p in moved]
        norm = nn.utils.get_total_norm(gradients)  # ‖∇L(w)‖₂, over all parameters
        with torch.no_grad():
            w = [p.clone() for p in moved]
            for p, gradient in zip(moved, gradients, strict=True):
                p.add_(_unit(gradient, norm), alpha=self.rho)  # w + ε̂(w)
        closure()  # ∇L(w + ε̂(w))
        with torch.no_grad():
            for p, before in zip(moved, w, strict=True):
                p.copy_(before)
        return loss


def _unit(gradient: Tensor, norm: Tensor) -> Tensor:
    """Divide by the norm; a gradient of zero names no direction, and stays zero."""
    return gradient / norm if norm > 0 else gradient
