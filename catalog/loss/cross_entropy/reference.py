"""Softmax and cross-entropy: the loss of class probabilities.

Source: Bridle, 1990, https://doi.org/10.1007/978-3-642-76153-9_28, for the softmax and its use with
this loss.

    log p_k = z_k - log Σ_j exp(z_j)        log-softmax of the logits z over K classes
    ℓ = -Σ_k y_k log p_k                    cross-entropy with the target y; -log p_y for a class
    ∂ℓ/∂z_k = p_k - y_k

Accuracy, which it stands in for, is constant wherever it is smooth: its gradient is zero.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def log_softmax(logits: Tensor) -> Tensor:
    """Return the log of the class probabilities, (n, classes).

    The largest logit is taken off first, which changes nothing but that no exponential overflows.

    Args:
        logits: (n, classes).
    """
    z = logits - logits.amax(1, keepdim=True).detach()  # (n, K), at most 0
    return z - z.exp().sum(1, keepdim=True).log()  # log p


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: Literal["mean", "sum", "none"] = "mean",
) -> Tensor:
    """Return the cross-entropy.

    Args:
        logits: (n, classes) scores before the softmax.
        targets: (n,) class numbers, or (n, classes) probabilities.
        weight: (classes,) factor of each class, None for 1. The mean over class numbers is then
            divided by the sum of the weights used, that over probabilities by n, as in torch.
        ignore_index: A class number that marks examples to leave out.
        reduction: `mean`, `sum`, or `none` for one value per example.

    Raises:
        ValueError: If `reduction` is unknown, or the shapes do not fit.
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be mean, sum or none. Got {reduction}.")
    if targets.shape not in (logits.shape, logits.shape[:1]):
        raise ValueError(
            f"targets must be (n,) classes or (n, classes) probabilities for logits"
            f" {tuple(logits.shape)}. Got {tuple(targets.shape)}."
        )
    log_p = log_softmax(logits)  # (n, K)
    w = torch.ones_like(logits[0]) if weight is None else weight  # (K,)
    if targets.dim() == 2:
        losses = -(w * targets * log_p).sum(1)  # (n,)
        share = torch.ones_like(losses)
    else:
        is_used = targets != ignore_index  # (n,)
        y = torch.where(is_used, targets, 0)
        share = w[y] * is_used  # (n,)
        own = log_p.gather(1, y[:, None])[:, 0]  # log p_y
        # An example left out counts nothing, even where its loss is infinite or NaN.
        losses = torch.where(is_used, -w[y] * own, 0.0)
    if reduction == "none":
        return losses
    return losses.sum() if reduction == "sum" else losses.sum() / share.sum()
