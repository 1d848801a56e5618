"""Domain adaptation: features that do not tell target from source, or target examples drawn often.

Source: Ganin and Lempitsky, 2014, https://arxiv.org/abs/1409.7495, sections 3 and 4.

    L = L_y(source labels) + L_d(domain of both)            L_d: from the features f, by a
                                                            discriminator
    R(f) = f,   ∂R/∂f = -λ I                                between f and the discriminator
    λ = 2 / (1 + exp(-γ p)) - 1                             p: share of training done, γ = 10

The discriminator descends L_d and learns the domains; the features ascend λ L_d and hide them.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _Reverse(torch.autograd.Function):
    """The identity with a reversed gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.weight * gradient, None


def reverse_gradient(x: Tensor, weight: float = 1.0) -> Tensor:
    """Return the input, whose gradient is multiplied by -λ.

    Args:
        x: Any shape.
        weight: λ, at least 0; 0 lets no gradient through.

    Raises:
        ValueError: If `weight` is below 0.
    """
    if not weight >= 0:
        raise ValueError(f"weight must be at least 0. Got {weight}.")
    reversed_: Tensor = _Reverse.apply(x, weight)  # type: ignore[no-untyped-call]
    return reversed_


def reversal_weight(progress: float, gamma: float = 10.0) -> float:
    """Return λ, which rises from 0 at the start to about 1 at the end.

    Args:
        progress: p in [0, 1], the share of the training that is done.
        gamma: γ, how fast it rises.
    """
    return 2 / (1 + math.exp(-gamma * progress)) - 1


def adversarial_loss(
    source: Tensor, target: Tensor, discriminator: nn.Module, weight: float = 1.0
) -> Tensor:
    """Return L_d, whose gradient at the features is reversed; the two domains count the same.

    Args:
        source: (n, features) of source examples.
        target: (m, features) of target examples.
        discriminator: Maps features to (n, 1), the logit of being from the target.
        weight: λ, at least 0.

    Raises:
        ValueError: If `weight` is below 0.
    """
    from_source = discriminator(reverse_gradient(source, weight))  # (n, 1)
    from_target = discriminator(reverse_gradient(target, weight))  # (m, 1)
    return (F.softplus(from_source).mean() + F.softplus(-from_target).mean()) / 2  # L_d


def draw_mixed(is_target: Tensor, count: int, share: float, generator: torch.Generator) -> Tensor:
    """Return indices drawn with replacement, (count,), of which a share is of the target.

    Args:
        is_target: (n,) booleans, some of each.
        count: Examples to draw.
        share: Probability of the target, in [0, 1].
        generator: Draws.

    Raises:
        ValueError: If `share` is out of its range, or a domain is empty.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1. Got {share}.")
    targets = int(is_target.sum())
    if not 0 < targets < len(is_target):
        raise ValueError(
            f"is_target must hold examples of both domains. Got {targets} of {len(is_target)}."
        )
    each = torch.tensor([(1 - share) / (len(is_target) - targets), share / targets])
    weights = each.to(is_target.device)[is_target.long()]  # (n,)
    return torch.multinomial(weights, count, replacement=True, generator=generator)
