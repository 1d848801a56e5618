"""Stochastic weight averaging: the plain mean of the weights visited late in training.

Source: Izmailov et al., 2018, https://arxiv.org/abs/1803.05407, algorithm 1.

    w_SWA ← (w_SWA n + w) / (n + 1)         after each epoch or cycle of the tail

Batch normalization then gets new statistics in one pass over the training set: those that were
gathered belong to other weights. With n_k of n examples in batch k:

    μ = Σ_k (n_k / n) mean_k,    σ² = Σ_k (n_k / n) var_k
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from catalog.optimization.weight_averaging_ema.reference import move_towards


class SWA:
    """The mean of a network's weights at several times.

    Args:
        model: The network that is trained; it is copied here, and its weights are not yet taken in.

    Attributes:
        average: The averaged network; the copy before the first update.
        count: n, how many weights it is the mean of.
    """

    def __init__(self, model: nn.Module) -> None:
        self.average = copy.deepcopy(model).requires_grad_(False)
        self.count = 0

    def update(self, model: nn.Module) -> None:
        """Take the present weights into the mean."""
        move_towards(self.average, model, 1 / (self.count + 1))  # w_SWA
        self.count += 1

    def state_dict(self) -> dict[str, Any]:
        """Return the average's state and the count, to save."""
        return {"count": self.count, "average": self.average.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.count = state["count"]
        self.average.load_state_dict(state["average"])


@torch.no_grad()
def update_batch_norm(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Replace the running statistics of all batch normalizations by those of some batches.

    The mean is over the batches, each with the weight of its examples; nothing else is changed, and
    the network keeps its mode.

    Args:
        model: Is changed.
        batches: Inputs (n_k, ...) of the network.
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    if not norms:
        return
    modes = {m: m.training for m in model.modules()}
    momenta = {m: m.momentum for m in norms}
    model.eval()  # dropout would change what the layers see
    for norm in norms:
        norm.reset_running_stats()
        norm.train()
    seen = 0
    for x in batches:
        seen += len(x)
        for norm in norms:
            norm.momentum = len(x) / seen  # the first batch replaces, the others join the mean
        model(x)
    for norm in norms:
        norm.momentum = momenta[norm]
    for module, mode in modes.items():
        module.training = mode
