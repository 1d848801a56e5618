"""Reduce on plateau: the rate is cut each time the watched loss has stopped to improve.

No paper introduced the rule. Krizhevsky, Sutskever and Hinton, 2012,
https://doi.org/10.1145/3065386, section 5, applied it by hand; this is the rule of torch's
`ReduceLROnPlateau`, with its defaults.

    better:  L < L_best · (1 - τ)   (relative)    or    L < L_best - τ   (absolute)
    after more than `patience` checks in a row that are not better:  η ← max(γ η, η_min)
"""

from __future__ import annotations

import math
from typing import Any, Literal

from torch.optim import Optimizer


class Plateau:
    """Says when a watched value has stopped to improve.

    Args:
        mode: `min` for a loss, `max` for a score.
        patience: Checks without an improvement that are borne; at least 0.
        threshold: τ, at least 0: a smaller improvement does not count.
        threshold_mode: `rel` for a share of the best value, `abs` for a difference.
        cooldown: Checks after a plateau that do not count; at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        mode: Literal["min", "max"] = "min",
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be min or max. Got {mode}.")
        if not patience >= 0:
            raise ValueError(f"patience must be at least 0. Got {patience}.")
        if not threshold >= 0:
            raise ValueError(f"threshold must be at least 0. Got {threshold}.")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be rel or abs. Got {threshold_mode}.")
        if not cooldown >= 0:
            raise ValueError(f"cooldown must be at least 0. Got {cooldown}.")
        self.sign = 1 if mode == "min" else -1
        self.patience = patience
        self.threshold = threshold
        self.is_relative = threshold_mode == "rel"
        self.cooldown = cooldown
        self.best = self.sign * math.inf
        self.bad_checks = 0
        self.cooling = 0

    def check(self, value: float) -> bool:
        """Take a new value and return whether this ends a plateau; NaN is no improvement."""
        if self.is_relative:
            goal = self.best * (1 - self.sign * self.threshold)
        else:
            goal = self.best - self.sign * self.threshold
        is_better = value < goal if self.sign > 0 else value > goal
        self.best = value if is_better else self.best
        self.bad_checks = 0 if is_better else self.bad_checks + 1
        if self.cooling > 0:
            self.cooling -= 1
            self.bad_checks = 0
        if self.bad_checks <= self.patience:
            return False
        self.cooling = self.cooldown
        self.bad_checks = 0
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return the rule's settings and what it remembers, to save."""
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        vars(self).update(state)


class ReduceOnPlateau:
    """Cuts an optimizer's rates on a plateau.

    Args:
        optimizer: Whose groups' `lr` is cut.
        plateau: The rule that watches.
        factor: γ in [0, 1).
        min_lr: η_min, at least 0.
        eps: A cut by no more than this is left undone; at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        plateau: Plateau,
        factor: float = 0.1,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if not 0 <= factor < 1:
            raise ValueError(f"factor must be at least 0 and below 1. Got {factor}.")
        if not min_lr >= 0:
            raise ValueError(f"min_lr must be at least 0. Got {min_lr}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        self.optimizer = optimizer
        self.plateau = plateau
        self.factor = factor
        self.min_lr = min_lr
        self.eps = eps

    def step(self, value: float) -> bool:
        """Take a new value of the watched loss; return whether the plateau ended here."""
        is_over = self.plateau.check(float(value))
        if is_over:
            for group in self.optimizer.param_groups:
                lr = max(group["lr"] * self.factor, self.min_lr)  # max(γ η, η_min)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr
        return is_over

    def state_dict(self) -> dict[str, Any]:
        """Return the plateau's state and the settings, to save beside the optimizer's state."""
        settings = {"factor": self.factor, "min_lr": self.min_lr, "eps": self.eps}
        return {"plateau": self.plateau.state_dict(), **settings}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.plateau.load_state_dict(state["plateau"])
        self.factor, self.min_lr, self.eps = state["factor"], state["min_lr"], state["eps"]
