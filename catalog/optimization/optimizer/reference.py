"""Optimizers: rules that step by the whole history of gradients, not by the last one alone.

Gradient descent steps by g_t. Every optimizer of this catalog keeps, for each parameter, a state
that sums up g_0 ... g_t, and steps by that state:

    state_t = U(state_{t-1}, g_t)          θ_t = θ_{t-1} - η · S(state_t)

They differ in U and S alone, which each gives in `update`; all else stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import torch
from torch import Tensor


def check_numbers(**settings: object) -> None:
    """Refuse settings that are no numbers: a configuration file may give `1e-3` as a text.

    Args:
        **settings: Numbers, or pairs of them, by their names.

    Raises:
        ValueError: If one is not.
    """
    for name, value in settings.items():
        entries = value if isinstance(value, tuple | list) else (value,)
        if not all(isinstance(entry, Real | Tensor) for entry in entries):
            raise ValueError(f"{name} must be a number. Got {value!r}.")


class Optimizer(torch.optim.Optimizer):
    """An optimizer that is given by its update of one parameter."""

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Change a parameter in place.

        Args:
            parameter: Any shape.
            gradient: The same shape; not to be changed.
            state: What was kept of this parameter's gradients; empty at first.
            group: The settings, `lr` among them.
        """
        raise NotImplementedError

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step on every parameter that has a gradient.

        Args:
            closure: Computes the loss and the gradients anew; optional.

        Returns:
            What the closure returned; None without one.

        Raises:
            RuntimeError: If a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if parameter.grad.is_sparse:
                    raise RuntimeError(f"{type(self).__name__} takes no sparse gradients.")
                ascends = group.get("maximize", False)
                gradient = -parameter.grad if ascends else parameter.grad
                self.update(parameter, gradient, self.state[parameter], group)
        return loss
