"""Logit adjustment: log class frequencies on the logits, in training or taken off afterwards.

Source: Menon et al., 2020, https://arxiv.org/abs/2007.07314, equations 9 and 10.

    ℓ = -log softmax(z + τ log π)_y         training (eq. 10); in use, argmax_k z_k
    argmax_k z_k - τ log π_k                the variant after a usual training (eq. 9)

π are the class frequencies of the training set. Both aim at the decisions that are best if all
classes are equally frequent.
"""

from __future__ import annotations

import torch
from torch import Tensor


def adjusted(logits: Tensor, prior: Tensor, tau: float = 1.0) -> Tensor:
    """Return z + τ log π, (n, classes): the logits to train; with -τ those to use after training.

    Args:
        logits: (n, classes).
        prior: (classes,) frequencies π, above 0; they need not sum to 1.
        tau: τ, 0 for no adjustment.

    Raises:
        ValueError: If a frequency is not above 0.
    """
    if not (prior > 0).all():
        raise ValueError(f"prior must be above 0 for every class. Got {prior.tolist()}.")
    return logits + tau * prior.log()  # (n, K)


def logit_adjusted_cross_entropy(
    logits: Tensor, targets: Tensor, prior: Tensor, tau: float = 1.0
) -> Tensor:
    """Return the mean cross-entropy of the adjusted logits, a scalar.

    Args:
        logits: (n, classes), used without the adjustment after training.
        targets: (n,) class numbers, or (n, classes) probabilities.
        prior: (classes,) frequencies π, above 0.
        tau: τ, at least 0; 0 for the plain cross-entropy.

    Raises:
        ValueError: If a frequency is not above 0, or `tau` is below 0.
    """
    if not tau >= 0:
        raise ValueError(f"tau must be at least 0. Got {tau}.")
    log_p = torch.log_softmax(adjusted(logits, prior, tau), dim=1)  # (n, K)
    if targets.dim() == 2:
        return -(targets * log_p).sum(1).mean()
    return -log_p.gather(1, targets[:, None]).mean()
