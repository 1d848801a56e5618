"""Batch size: how noisy a batch's gradient is, and what a larger batch is worth.

Source: McCandlish et al., 2018, https://arxiv.org/abs/1812.06162, section 2 and appendix A.1.

    E |G_B|² = |G|² + tr(Σ) / B          gradient of a batch of B, Σ the covariance over examples
    B_noise = tr(Σ) / |G|²               the noise scale
    ΔL(B) = ΔL_max / (1 + B_noise / B)   gain of one step at the best rate

The rate that goes with another batch: in proportion, Goyal et al., 2017,
https://arxiv.org/abs/1706.02677, section 2.1; or with its root, Krizhevsky, 2014,
https://arxiv.org/abs/1404.5997, section 5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor


class Noise(NamedTuple):
    """Estimates from two batch sizes.

    Attributes:
        signal: |G|², unbiased; may be negative by chance.
        noise: tr(Σ), unbiased.
        scale: B_noise; infinite where the estimated signal is not positive.
    """

    signal: float
    noise: float
    scale: float


def batches(
    examples: int, batch_size: int, generator: torch.Generator, drop_last: bool = True
) -> Iterator[Tensor]:
    """Yield the indices of each batch of one epoch, (batch_size,) int64, in a random order.

    Args:
        examples: n.
        batch_size: B; at least 1.
        generator: Draws the order.
        drop_last: Leave out what is left when n is no multiple of B, as it makes a noisier step.

    Raises:
        ValueError: If `batch_size` is out of its range.
    """
    if not batch_size >= 1:
        raise ValueError(f"batch_size must be at least 1. Got {batch_size}.")
    order = torch.randperm(examples, generator=generator)
    for start in range(0, examples, batch_size):
        indices = order[start : start + batch_size]
        if len(indices) == batch_size or not drop_last:
            yield indices


def noise_scale(small: int, big: int, small_norm2: float, big_norm2: float) -> Noise:
    """Return the noise of the gradient from its squared norm at two batch sizes.

    Args:
        small: B_small, at least 1.
        big: B_big, above `small`.
        small_norm2: Mean of |G_B|² over batches of the small size.
        big_norm2: The same for the big size.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 1 <= small < big:
        raise ValueError(f"small and big must be rising, from 1. Got {small}, {big}.")
    signal = (big * big_norm2 - small * small_norm2) / (big - small)  # |G|²
    noise = (small_norm2 - big_norm2) / (1 / small - 1 / big)  # tr(Σ)
    return Noise(signal, noise, noise / signal if signal > 0 else math.inf)


def step_gain(batch_size: float, scale: float) -> float:
    """Return ΔL(B) / ΔL_max: the share of a noiseless step's gain that a batch gets.

    Args:
        batch_size: B, above 0.
        scale: B_noise, at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not batch_size > 0:
        raise ValueError(f"batch_size must be above 0. Got {batch_size}.")
    if not scale >= 0:
        raise ValueError(f"scale must be at least 0. Got {scale}.")
    return 1 / (1 + scale / batch_size)


def scaled_rate(
    rate: float, before: int, after: int, rule: Literal["linear", "sqrt"] = "linear"
) -> float:
    """Return where to begin the search for the rate after a change of the batch size.

    Args:
        rate: The rate that was tuned.
        before: The batch size that it was tuned for; at least 1.
        after: The new one; at least 1.
        rule: `linear` is usual for SGD, `sqrt` for Adam.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not (before >= 1 and after >= 1):
        raise ValueError(f"before and after must be at least 1. Got {before}, {after}.")
    if rule not in ("linear", "sqrt"):
        raise ValueError(f"rule must be linear or sqrt. Got {rule}.")
    ratio = after / before
    return rate * (ratio if rule == "linear" else math.sqrt(ratio))
