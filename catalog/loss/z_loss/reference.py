"""z-loss: a penalty on the squared log of the softmax normalizer.

Source: Chowdhery et al., 2022, https://arxiv.org/abs/2204.02311, section 5.

    log Z = log Σ_k exp(z_k)                logits z
    ℓ_z = c (log Z)²                        c = 1e-4 in the source
    ∂ℓ_z/∂z_k = 2 c log Z · p_k             p = softmax(z)

Adding a constant to all logits leaves the cross-entropy alone and adds the constant to log Z.
"""

from __future__ import annotations

import torch
from torch import Tensor


def log_normalizer(logits: Tensor) -> Tensor:
    """Return log Z of each example, (n,), in at least 32 bits.

    Args:
        logits: (n, classes).
    """
    z = logits if logits.dtype == torch.float64 else logits.float()
    top = z.amax(1).detach()  # (n,)
    return top + (z - top[:, None]).exp().sum(1).log()  # log Z; no exponential overflows


def z_loss(logits: Tensor, coefficient: float = 1e-4) -> Tensor:
    """Return the penalty to add to the cross-entropy, a mean over examples.

    Args:
        logits: (n, classes).
        coefficient: c, at least 0; 0 for none.

    Raises:
        ValueError: If `coefficient` is below 0.
    """
    if not coefficient >= 0:
        raise ValueError(f"coefficient must be at least 0. Got {coefficient}.")
    return coefficient * log_normalizer(logits).square().mean()  # ℓ_z
