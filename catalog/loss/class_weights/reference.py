"""Class weights: examples of rare classes count more in the loss than their number.

    w_k = (n / (K n_k))^γ                   inverse frequency; γ = 1 in full, 1/2 its root
    w_k ∝ (1 - β) / (1 - β^{n_k})           effective number of examples, Σ_k w_k = K
    ℓ = Σ_i w_{y_i} ℓ_i / Σ_i w_{y_i}       weighted mean of the examples' losses

Source of the second: Cui et al., 2019, https://arxiv.org/abs/1901.05555, section 4. The losses are
those of `cross_entropy(weight=...)` here or in torch.
"""

from __future__ import annotations

import torch
from torch import Tensor


def inverse_frequency(counts: Tensor, power: float = 1.0) -> Tensor:
    """Return weights by the inverse of the class frequencies, (classes,).

    Args:
        counts: (classes,) training examples n_k of each class; a class without any gets weight 0.
        power: γ: 0 leaves all classes alike, 1 makes them count the same in sum.

    Raises:
        ValueError: If a count is below 0, or all are 0, or `power` is below 0.
    """
    _check(counts)
    if not power >= 0:
        raise ValueError(f"power must be at least 0. Got {power}.")
    is_there = counts > 0
    share = counts.double() * is_there.sum() / counts.sum()  # K n_k / n
    return torch.where(is_there, share.clamp(min=1e-300) ** -power, 0.0).float()  # w_k


def effective_number(counts: Tensor, beta: float = 0.999) -> Tensor:
    """Return weights by the inverse of the effective number of examples, (classes,).

    Args:
        counts: (classes,) training examples n_k of each class; a class without any gets weight 0.
        beta: β in [0, 1): 0 leaves all classes alike, near 1 it is the inverse frequency.

    Raises:
        ValueError: If a count is below 0, or all are 0, or `beta` is out of its range.
    """
    _check(counts)
    if not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1. Got {beta}.")
    is_there = counts > 0
    effective = (1 - beta ** counts.double()) / (1 - beta)  # E_n, (K,)
    w = torch.where(is_there, 1 / effective.clamp(min=1e-300), 0.0)
    return (w * is_there.sum() / w.sum()).float()


def _check(counts: Tensor) -> None:
    """Refuse what are no counts."""
    if not (counts >= 0).all() or not counts.sum() > 0:
        raise ValueError(
            f"counts must be at least 0, and not all of them 0. Got {counts.tolist()}."
        )
