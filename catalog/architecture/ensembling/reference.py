"""Ensembling: the mean of the predictions of several networks.

Source: Lakshminarayanan, Pritzel and Blundell, 2016, https://arxiv.org/abs/1612.01474, section 2.4.

    p(y | x) = 1/M Σ_m p_m(y | x)           M members; for numbers, the mean of their outputs

Members differ in their random start and in the order of their batches; each sees all examples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn


def mean_log_probabilities(logits: Tensor) -> Tensor:
    """Return the log of the mean of the members' probabilities, (n, classes).

    It serves as logits: its softmax is the mean.

    Args:
        logits: (members, n, classes).
    """
    log_p = torch.log_softmax(logits, -1)  # (M, n, K)
    return log_p.logsumexp(0) - math.log(len(logits))  # log p(y | x)


class Ensemble(nn.Module):
    """Several networks used as one.

    Args:
        members: The networks.
        average: `probabilities` of classes, given as logits; or `outputs` as they are.

    Raises:
        ValueError: If there are no members, or `average` is unknown.
    """

    def __init__(
        self,
        members: Sequence[nn.Module],
        average: Literal["probabilities", "outputs"] = "probabilities",
    ) -> None:
        super().__init__()
        if not members:
            raise ValueError("members must be at least 1 network. Got 0.")
        if average not in ("probabilities", "outputs"):
            raise ValueError(f"average must be probabilities or outputs. Got {average}.")
        self.members = nn.ModuleList(members)
        self.average = average

    def forward(self, x: Tensor) -> Tensor:
        """Return the joint prediction, (n, classes or values)."""
        outputs = torch.stack([member(x) for member in self.members])  # (M, n, K)
        if self.average == "outputs":
            return outputs.mean(0)
        return mean_log_probabilities(outputs)
