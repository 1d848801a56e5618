"""Balanced sampling: examples are drawn with a probability that falls with their class's frequency.

Source: Kang et al., 2019, https://arxiv.org/abs/1910.09217, equation 1.

    p_k = n_k^q / Σ_j n_j^q                 probability of a class with n_k examples
    p_i = p_{y_i} / n_{y_i}                 probability of each of its examples

q = 1 is the natural sampling, q = 0 the balanced, q = 1/2 the square root of the frequency. An
exponent -1 on the frequency in the weight of an example is q = 0: p_i ∝ n_{y_i}^{q - 1}.
"""

from __future__ import annotations

import torch
from torch import Tensor


def sampling_probabilities(labels: Tensor, power: float = -1.0) -> Tensor:
    """Return the probability of each example, (n,).

    Args:
        labels: (n,) class numbers.
        power: q - 1, the exponent of the class frequency: -1 for balanced classes, 0 for natural.

    Raises:
        ValueError: If `power` is out of [-1, 0].
    """
    if not -1 <= power <= 0:
        raise ValueError(f"power must be from -1 to 0. Got {power}.")
    counts = torch.bincount(labels)  # n_k
    weights = counts[labels].double() ** power  # (n,)
    return weights / weights.sum()


def sample(labels: Tensor, count: int, generator: torch.Generator, power: float = -1.0) -> Tensor:
    """Return the indices of examples drawn with replacement, (count,).

    Args:
        labels: (n,) class numbers.
        count: Examples to draw.
        generator: Draws, on the device of the labels.
        power: As in `sampling_probabilities`.

    Raises:
        ValueError: If `power` is out of [-1, 0], or `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1. Got {count}.")
    probabilities = sampling_probabilities(labels, power)
    return torch.multinomial(probabilities, count, replacement=True, generator=generator)
