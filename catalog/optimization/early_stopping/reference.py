"""Early stopping: the weights with the lowest validation loss, and three rules for when to stop.

Source: Prechelt, 1998, https://doi.org/10.1007/3-540-49430-8_3, section 2.2. E_va(t) is the
validation loss at check t, and E_opt(t) the lowest up to t. Stop after check t if

    GL_α:  100 (E_va(t) / E_opt(t) - 1) > α                     too far above the lowest
    UP_s:  E_va(t) > E_va(t-k) and UP_{s-1} held at t-k         risen in s strips of k in a row
    UP_1:  E_va(t) > E_va(t-k)
    patience:  none of the last p checks is below the lowest before them by more than δ

Patience is not in the paper; see Goodfellow, Bengio and Courville, 2016, algorithm 7.1,
https://www.deeplearningbook.org/contents/regularization.html. A loss of NaN is never the lowest.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

from torch import nn


def generalization_loss(losses: Sequence[float]) -> float:
    """Return GL, by how many percent the last validation loss is above the lowest.

    Args:
        losses: Validation losses above 0, one a check; NaN counts as infinite.

    Raises:
        ValueError: If there are no losses.
    """
    if not losses:
        raise ValueError("losses must hold at least one value. Got none.")
    finite = [math.inf if math.isnan(loss) else loss for loss in losses]
    lowest = min(finite)  # E_opt(t)
    return 100 * (finite[-1] / lowest - 1) if math.isfinite(lowest) else 0.0


def has_lost_generality(losses: Sequence[float], alpha: float = 5.0) -> bool:
    """Return whether GL_α stops.

    Args:
        losses: Validation losses above 0, one a check.
        alpha: α, percent; at least 0.

    Raises:
        ValueError: If `alpha` is out of its range, or there are no losses.
    """
    if not alpha >= 0:
        raise ValueError(f"alpha must be at least 0. Got {alpha}.")
    return generalization_loss(losses) > alpha


def has_risen(losses: Sequence[float], strips: int = 3, length: int = 5) -> bool:
    """Return whether UP_s stops.

    Args:
        losses: Validation losses, one a check. It stops at the end of a strip only.
        strips: s, rises in a row; at least 1.
        length: k, checks of a strip; at least 1.

    Raises:
        ValueError: If a setting is out of its range.
    """
    for name, value in (("strips", strips), ("length", length)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1. Got {value}.")
    ends = losses[length - 1 :: length]  # E_va at the ends of the strips
    if len(losses) % length or len(ends) <= strips:
        return False
    return all(ends[-i] > ends[-i - 1] for i in range(1, strips + 1))


def has_lost_patience(losses: Sequence[float], patience: int = 10, min_delta: float = 0.0) -> bool:
    """Return whether the last checks brought nothing.

    Args:
        losses: Validation losses, one a check.
        patience: p, checks without an improvement; at least 1.
        min_delta: δ, how far below the lowest a loss must be to count; at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if patience < 1:
        raise ValueError(f"patience must be at least 1. Got {patience}.")
    if not min_delta >= 0:
        raise ValueError(f"min_delta must be at least 0. Got {min_delta}.")
    lowest, waited = math.inf, 0
    for loss in losses:
        if loss < lowest - min_delta:
            lowest, waited = loss, 0
        else:
            waited += 1
    return waited >= patience


class BestCheckpoint:
    """The weights of the check with the lowest validation loss.

    Attributes:
        loss: That loss; infinite before the first check.
    """

    def __init__(self) -> None:
        self.loss = math.inf
        self._weights: dict[str, Any] | None = None

    def update(self, loss: float, model: nn.Module) -> bool:
        """Keep a copy of the weights if the loss is the lowest so far, and return whether it is."""
        is_best = loss < self.loss
        if is_best:
            self.loss = loss
            self._weights = copy.deepcopy(model.state_dict())
        return is_best

    def restore(self, model: nn.Module) -> None:
        """Put the kept weights into a network; it is left as it is if none were kept."""
        if self._weights is not None:
            model.load_state_dict(self._weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the loss and the weights, to save; the weights are None before the first check."""
        return {"loss": self.loss, "weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.loss, self._weights = state["loss"], state["weights"]
