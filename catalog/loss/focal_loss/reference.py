"""Focal loss: cross-entropy in which examples that are predicted well count little.

Source: Lin et al., 2017, https://arxiv.org/abs/1708.02002, equation 5 for two classes; with a
softmax: Mukhoti et al., 2020, https://arxiv.org/abs/2002.09437, section 4.

    FL(p_t) = -α_t (1 - p_t)^γ log p_t      p_t: the probability given to the true class

α_t is α for the positive class and 1 - α for the negative.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

Reduction = Literal["mean", "sum", "none"]


def focal_loss(
    logits: Tensor, targets: Tensor, gamma: float = 2.0, reduction: Reduction = "mean"
) -> Tensor:
    """Return the focal loss of a softmax.

    Args:
        logits: (n, classes) scores before the softmax.
        targets: (n,) class numbers, or (n, classes) probabilities, each class then counting as
            the true one with its share.
        gamma: γ, at least 0; 0 for the cross-entropy.
        reduction: `mean`, `sum`, or `none` for one value per example.

    Raises:
        ValueError: If `gamma` is below 0, or `reduction` is unknown.
    """
    _check(gamma, reduction)
    log_p = torch.log_softmax(logits, 1)  # (n, K)
    # 1 - p would round to 0, where the root in a small gamma has no finite slope.
    rest = -torch.expm1(log_p.clamp(max=-1e-7 if gamma else 0.0))  # 1 - p
    losses = -(rest**gamma) * log_p  # (n, K), of each class if it were the true one
    if targets.dim() == 2:
        return _reduced((targets * losses).sum(1), reduction)
    return _reduced(losses.gather(1, targets[:, None])[:, 0], reduction)


def sigmoid_focal_loss(
    logits: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Tensor:
    """Return the focal loss of single probabilities, for two classes or several labels.

    Args:
        logits: (...) scores before the sigmoid.
        targets: The same shape, 0 or 1.
        alpha: α in [0, 1], weight of the ones; -1 for no weights.
        gamma: γ, at least 0.
        reduction: `mean`, `sum`, or `none` for one value per logit.

    Raises:
        ValueError: If a setting is out of its range.
    """
    _check(gamma, reduction)
    if not (0 <= alpha <= 1 or alpha == -1):
        raise ValueError(f"alpha must be from 0 to 1, or -1. Got {alpha}.")
    targets = targets.to(logits.dtype)
    signed = (2 * targets - 1) * logits  # p_t = sigmoid of it
    losses = -torch.exp(gamma * F.logsigmoid(-signed)) * F.logsigmoid(signed)  # 1 - p_t, log p_t
    if alpha >= 0:
        losses = (alpha * targets + (1 - alpha) * (1 - targets)) * losses  # α_t
    return _reduced(losses, reduction)


def _check(gamma: float, reduction: str) -> None:
    """Refuse settings out of their range."""
    if not gamma >= 0:
        raise ValueError(f"gamma must be at least 0. Got {gamma}.")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be mean, sum or none. Got {reduction}.")


def _reduced(losses: Tensor, reduction: Reduction) -> Tensor:
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
