"""Generalized cross-entropy: between the cross-entropy and the mean absolute error.

Source: Zhang and Sabuncu, 2018, https://arxiv.org/abs/1805.07836, equation 6.

    ℓ = (1 - p_y^q) / q                     p_y: the probability given to the label
    ∂ℓ/∂z = p_y^q (p - y)                   the cross-entropy's gradient, weighted by p_y^q

Its limit for q → 0 is -log p_y, the cross-entropy; q = 1 is the mean absolute error up to a factor
of 2. A label that the network finds improbable, as a wrong one is, pulls less.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def generalized_cross_entropy(
    logits: Tensor,
    targets: Tensor,
    q: float = 0.7,
    reduction: Literal["mean", "sum", "none"] = "mean",
) -> Tensor:
    """Return the generalized cross-entropy.

    Args:
        logits: (n, classes) scores before the softmax.
        targets: (n,) class numbers, or (n, classes) probabilities, each class then counting as
            the label with its share.
        q: q in [0, 1]; 0 for the cross-entropy.
        reduction: `mean`, `sum`, or `none` for one value per example.

    Raises:
        ValueError: If `q` is out of its range, or `reduction` is unknown.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"q must be from 0 to 1. Got {q}.")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be mean, sum or none. Got {reduction}.")
    log_p = torch.log_softmax(logits, 1)  # (n, K)
    # 1 - p^q from the log of p: neither q nor 1 - p near zero loses digits.
    losses = -torch.expm1(q * log_p) / q if q else -log_p  # (n, K), of each class as the label
    if targets.dim() == 2:
        own = (targets * losses).sum(1)
    else:
        own = losses.gather(1, targets[:, None])[:, 0]  # ℓ, (n,)
    if reduction == "none":
        return own
    return own.mean() if reduction == "mean" else own.sum()
