"""Label smoothing: targets that leave some probability to the wrong classes.

Source: Szegedy et al., 2015, https://arxiv.org/abs/1512.00567, section 7.

    q'(k) = (1 - ε) q(k) + ε / K            smoothed targets over K classes
    ℓ = -Σ_k q'(k) log p(k)                 their cross-entropy with the prediction p
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def smooth_targets(targets: Tensor, classes: int, smoothing: float) -> Tensor:
    """Return smoothed targets.

    Args:
        targets: (n,) class numbers, or (n, classes) probabilities.
        classes: K, the number of classes.
        smoothing: ε in [0, 1]: 0 leaves the targets, 1 ignores them.

    Returns:
        (n, classes) probabilities.

    Raises:
        ValueError: If `smoothing` is out of its range.
    """
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing must be from 0 to 1. Got {smoothing}.")
    q = F.one_hot(targets, classes) if targets.dim() == 1 else targets  # (n, K)
    return (1 - smoothing) * q + smoothing / classes  # q'


def smoothed_cross_entropy(logits: Tensor, targets: Tensor, smoothing: float = 0.1) -> Tensor:
    """Return the mean cross-entropy of logits (n, classes) with smoothed targets, a scalar.

    Args:
        logits: (n, classes) scores before the softmax.
        targets: (n,) class numbers, or (n, classes) probabilities.
        smoothing: ε in [0, 1].

    Raises:
        ValueError: If `smoothing` is out of its range.
    """
    if targets.dim() == 1:
        targets = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
    q = smooth_targets(targets, logits.shape[1], smoothing)
    return -(q * torch.log_softmax(logits, dim=1)).sum(1).mean()  # ℓ


def loss_floor(classes: int, smoothing: float) -> float:
    """Return the least value that the smoothed cross-entropy can take: the targets' entropy.

    Args:
        classes: K.
        smoothing: ε in [0, 1].
    """
    low = smoothing / classes
    high = 1 - smoothing + low
    terms = [high, *[low] * (classes - 1)]
    return -sum(q * math.log(q) for q in terms if q > 0)
