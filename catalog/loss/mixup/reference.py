"""Mixup: weighted averages of two examples and of their labels.

Source: Zhang et al., 2017, https://arxiv.org/abs/1710.09412, section 2. The sampler: Bailey, 1994,
https://doi.org/10.2307/2153537.

    λ ~ Beta(α, α)
    x̃ = λ x_i + (1 - λ) x_j
    ỹ = λ y_i + (1 - λ) y_j                 y one-hot

The partners j are a permutation of the batch. The paper's code draws one λ for a batch; here each
example has its own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def draw_beta(
    count: int, alpha: float, device: torch.device, generator: torch.Generator | None = None
) -> Tensor:
    """Draw from Beta(α, α).

    With U and V uniform, T = cos(2πV) √(2α (U^(-1/α) - 1)) has Student's t-distribution of 2α
    degrees of freedom (Bailey), and (1 + T / √(2α + T²)) / 2 has the one sought.

    Args:
        count: How many.
        alpha: α, above 0.
        device: Where; the generator's.
        generator: For what is drawn.

    Returns:
        (count,) numbers from 0 to 1.

    Raises:
        ValueError: If `alpha` is out of its range.
    """
    if not 0 < alpha < math.inf:
        raise ValueError(f"alpha must be above 0. Got {alpha}.")
    u, v = torch.rand(2, count, dtype=torch.float64, generator=generator, device=device)
    c = torch.cos(2 * math.pi * v)
    power = u ** (1 / alpha)  # U^(1/α); T itself overflows where α is small
    return (1 + c / (power / (1 - power) + c**2).sqrt()) / 2  # type: ignore[no-any-return]


def as_probabilities(y: Tensor, classes: int) -> Tensor:
    """Return targets as (n, classes) probabilities: class numbers (n,) become one-hot.

    Raises:
        ValueError: If they are neither.
    """
    if y.dim() != 1:
        if y.shape[1:] != (classes,):
            raise ValueError(
                f"y must be (n,) class numbers or (n, {classes}) probabilities."
                f" Got the shape {tuple(y.shape)}."
            )
        return y
    if y.is_floating_point():
        raise ValueError(f"y must be whole class numbers. Got {y.dtype}.")
    outside = y[(y < 0) | (y >= classes)]
    if len(outside):
        raise ValueError(f"y must be class numbers from 0 to {classes - 1}. Got {int(outside[0])}.")
    return F.one_hot(y.long(), classes).to(torch.get_default_dtype())


def mix(x: Tensor, partner: Tensor, weight: Tensor) -> Tensor:
    """Return λ x + (1 - λ) partner, with (n,) weights for (n, ...) values."""
    weight = weight.to(x.dtype).view(-1, *[1] * (x.dim() - 1))  # λ, (n, 1, ...)
    return weight * x + (1 - weight) * partner


def mixup(
    x: Tensor,
    y: Tensor,
    classes: int,
    alpha: float = 1.0,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Mix each example of a batch with another one.

    Args:
        x: (n, ...) inputs.
        y: (n,) class numbers, or (n, classes) probabilities.
        classes: Number of classes.
        alpha: α, at least 0; 0 mixes nothing, 1 draws every share with equal probability, more draw
            shares nearer to a half.
        generator: For what is drawn, on the device of `x`.

    Returns:
        The inputs x̃ and the targets ỹ, (n, classes) probabilities.

    Raises:
        ValueError: If `alpha` is out of its range, or the targets are not of the inputs.
    """
    if not (isinstance(x, Tensor) and isinstance(y, Tensor)):
        raise ValueError(f"x and y must be tensors. Got {type(x).__name__}, {type(y).__name__}.")
    if len(x) != len(y):
        raise ValueError(f"x and y must be of the same examples. Got {len(x)} and {len(y)}.")
    if not 0 <= alpha < math.inf:
        raise ValueError(f"alpha must be at least 0. Got {alpha}.")
    y = as_probabilities(y, classes)
    if alpha == 0:
        return x, y
    weight = draw_beta(len(x), alpha, x.device, generator)  # λ, (n,)
    partner = torch.randperm(len(x), generator=generator, device=x.device)  # j, (n,)
    return mix(x, x[partner], weight), mix(y, y[partner], weight)
