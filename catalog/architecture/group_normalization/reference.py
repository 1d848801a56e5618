"""Group normalization: groups of channels of each example get mean 0 and variance 1.

Source: Wu and He, 2018, https://arxiv.org/abs/1803.08494, equations 1 to 7.

    S = the channels of one group and all positions, in one example
    μ = mean of x over S,  σ² = mean of (x - μ)² over S
    y = γ (x - μ) / √(σ² + ε) + β           γ and β for each channel

One group is layer normalization over the whole map, as many groups as channels are instance
normalization.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def group_norm(
    x: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize groups of channels.

    Args:
        x: (n, channels, ...).
        num_groups: G; divides the channels.
        weight: γ, (channels,), or None for 1.
        bias: β, (channels,), or None for 0.
        eps: ε; at least 0.

    Returns:
        y, like x.

    Raises:
        ValueError: If the groups do not divide the channels.
    """
    n, channels = x.shape[:2]
    _check(num_groups, channels)
    groups = x.reshape(n, num_groups, -1)  # (n, G, values of S)
    centered = groups - groups.mean(2, keepdim=True)  # x - μ
    variance = centered.square().mean(2, keepdim=True)  # σ²
    y = (centered / torch.sqrt(variance + eps)).reshape(x.shape)
    shape = (1, -1) + (1,) * (x.dim() - 2)  # channels are the second axis
    y = y if weight is None else y * weight.view(shape)
    return y if bias is None else y + bias.view(shape)


def _check(num_groups: int, channels: int) -> None:
    if num_groups < 1 or channels < 1 or channels % num_groups:
        raise ValueError(
            f"num_groups must divide the number of channels. Got {num_groups} and {channels}."
        )


class GroupNorm(nn.Module):
    """Group normalization; the names in its state are those of torch's `GroupNorm`.

    Args:
        num_groups: G, at least 1; divides `num_channels`.
        num_channels: Channels.
        eps: ε, added to the variance; at least 0.
        affine: Learn γ and β.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True
    ) -> None:
        _check(num_groups, num_channels)
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        super().__init__()
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(num_channels)) if affine else None  # γ
        self.bias = nn.Parameter(torch.zeros(num_channels)) if affine else None  # β

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x (n, channels, ...).

        Raises:
            ValueError: If the channels are not as many as they should be.
        """
        if x.shape[1] != self.num_channels:
            raise ValueError(
                f"x must have {self.num_channels} channels in its second axis."
                f" Got the shape {tuple(x.shape)}."
            )
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
