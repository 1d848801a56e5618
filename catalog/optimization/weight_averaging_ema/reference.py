"""Exponential moving average of the weights: a second set of weights that follows the first.

Sources: Polyak and Juditsky, 1992, https://doi.org/10.1137/0330046, who average with equal weights;
Tarvainen and Valpola, 2017, https://arxiv.org/abs/1703.01780, section 2.

    θ'_0 = θ_0                              the first weights that are seen
    θ'_t = α θ'_{t-1} + (1 - α) θ_t         a window of about 1 / (1 - α) steps
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn


@torch.no_grad()
def move_towards(average: nn.Module, model: nn.Module, share: float) -> None:
    """Move the weights of one network a part of the way to those of another.

    Floating-point buffers, such as running statistics, are moved like weights; counters are copied.

    Args:
        average: Is changed.
        model: The same architecture; is left.
        share: Part of the way, from 0 to 1.
    """
    for ours, theirs in zip(_tensors(average), _tensors(model), strict=True):
        if ours.is_floating_point():
            new = theirs.to(ours)
            # Equal entries stay: between two infinities, as in a mask, there is no way to go.
            ours.copy_(torch.where(ours == new, ours, ours.lerp(new, share)))
        else:
            ours.copy_(theirs)


def _tensors(model: nn.Module) -> list[Tensor]:
    """Return all parameters and buffers, one that is used in two places once."""
    return [*model.parameters(), *model.buffers()]


class EMA:
    """An exponential moving average of a network's weights.

    Args:
        model: The network that is trained; it is copied here as it is.
        decay: α, the share of the average that is kept in a step; from 0 to 1. 0 follows the
            network at once, 1 never leaves the first weights.

    Attributes:
        average: The averaged network, to evaluate with.

    Raises:
        ValueError: If `decay` is out of its range.
    """

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        if not 0 <= decay <= 1:
            raise ValueError(f"decay must be from 0 to 1. Got {decay}.")
        self.decay = decay
        self.average = copy.deepcopy(model).requires_grad_(False)  # θ'_0

    def update(self, model: nn.Module) -> None:
        """Take the weights after a step into the average."""
        move_towards(self.average, model, 1 - self.decay)  # θ'_t

    def state_dict(self) -> dict[str, Any]:
        """Return the average's state and the decay, to save."""
        return {"decay": self.decay, "average": self.average.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.decay = state["decay"]
        self.average.load_state_dict(state["average"])
