"""Entropy minimization: predictions on unlabelled examples are to commit themselves.

Source: Grandvalet and Bengio, 2004, equation 6,
https://papers.nips.cc/paper/2004/hash/96f2b50b5d3613adf9c27049b2a888c7-Abstract.html.

    H(p) = -Σ_k p_k log p_k                 0 if all is on one class, log K if it is spread evenly
    L = L_labelled + w mean_u H(p(x_u))
"""

from __future__ import annotations

import torch
from torch import Tensor


def entropy(logits: Tensor) -> Tensor:
    """Return the entropy of each prediction in nats; (n,) for (n, classes) logits."""
    log_p = torch.log_softmax(logits, dim=1)  # (n, K)
    return -(log_p.exp() * log_p).sum(1)  # H


def entropy_loss(logits: Tensor, weight: float = 1.0) -> Tensor:
    """Return the weighted mean entropy of predictions, a scalar to add to the loss.

    Args:
        logits: (n, classes) scores of unlabelled examples before the softmax.
        weight: w, at least 0; 0 asks for nothing.

    Raises:
        ValueError: If `weight` is negative.
    """
    if not weight >= 0:
        raise ValueError(f"weight must be at least 0. Got {weight}.")
    return weight * entropy(logits).mean()
