"""Mixup: weighted averages of two examples and of their labels.

Source: Zhang et al., 2017, https://arxiv.org/abs/1710.09412, section 2. The sampler: Jöhnk, 1964,
https://doi.org/10.1007/BF02613706.

    λ ~ Beta(α, α)
    x̃ = λ x_i + (1 - λ) x_j
    ỹ = λ y_i + (1 - λ) y_j                 y one-hot

The partners j are a permutation of the batch. The paper's code draws one λ for a batch; here each
example has its own.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def draw_beta(
    count: int, alpha: float, device: torch.device, generator: torch.Generator | None = None
) -> Tensor:
    """Draw from Beta(α, α).

    Jöhnk: of X = U^(1/α) and Y = V^(1/α), U and V uniform, keep a pair with X + Y at most 1; then
    X / (X + Y) is the number sought. It is done in logarithms, as X underflows where α is small.

    Args:
        count: How many.
        alpha: α, above 0 and at most 2: larger ones would throw most of the pairs away.
        device: Where; the generator's.
        generator: For what is drawn.

    Returns:
        (count,) numbers from 0 to 1.

    Raises:
        ValueError: If `alpha` is out of its range.
    """
    if not 0 < alpha <= 2:
        raise ValueError(f"alpha must be above 0 and at most 2. Got {alpha}.")
    weight = torch.empty(count, dtype=torch.float64, device=device)
    missing = torch.ones(count, dtype=torch.bool, device=device)
    while missing.any():
        u = torch.rand(2, count, dtype=torch.float64, generator=generator, device=device)
        log_x, log_y = u.log() / alpha  # (count,) each
        found = missing & (torch.logaddexp(log_x, log_y) <= 0)  # X + Y ≤ 1
        weight = torch.where(found, torch.sigmoid(log_x - log_y), weight)  # X / (X + Y)
        missing = missing & ~found
    return weight


def as_probabilities(y: Tensor, classes: int) -> Tensor:
    """Return targets as (n, classes) probabilities: class numbers (n,) become one-hot."""
    return F.one_hot(y, classes).to(torch.get_default_dtype()) if y.dim() == 1 else y


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
        alpha: α from 0 to 2; 0 mixes nothing, 1 draws every share with equal probability.
        generator: For what is drawn, on the device of `x`.

    Returns:
        The inputs x̃ and the targets ỹ, (n, classes) probabilities.

    Raises:
        ValueError: If `alpha` is out of its range.
    """
    y = as_probabilities(y, classes)
    if alpha == 0:
        return x, y
    if not 0 <= alpha <= 2:
        raise ValueError(f"alpha must be from 0 to 2. Got {alpha}.")
    weight = draw_beta(len(x), alpha, x.device, generator)  # λ, (n,)
    partner = torch.randperm(len(x), generator=generator, device=x.device)  # j, (n,)
    return mix(x, x[partner], weight), mix(y, y[partner], weight)
