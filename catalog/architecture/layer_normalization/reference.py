"""Layer normalization: the features of each example get mean 0 and variance 1.

Source: Ba, Kiros and Hinton, 2016, https://arxiv.org/abs/1607.06450, equations 3 and 4.

    μ = mean of the H features of one example
    σ² = mean of (x - μ)²
    y = g (x - μ) / √(σ² + ε) + b
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def layer_norm(
    x: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize the last axes of x.

    Args:
        x: (..., *normalized_shape).
        normalized_shape: The axes that hold the features of an example, or of a token.
        weight: g, of shape `normalized_shape`, or None for 1.
        bias: b, of shape `normalized_shape`, or None for 0.
        eps: ε; at least 0.

    Returns:
        y, like x.

    Raises:
        ValueError: If x does not end in `normalized_shape`.
    """
    if tuple(x.shape[x.dim() - len(normalized_shape) :]) != normalized_shape:
        raise ValueError(
            f"x must end in the axes {normalized_shape}. Got the shape {tuple(x.shape)}."
        )
    axes = tuple(range(-len(normalized_shape), 0))
    centered = x - x.mean(axes, keepdim=True)  # x - μ
    variance = centered.square().mean(axes, keepdim=True)  # σ²
    y = centered / torch.sqrt(variance + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


class LayerNorm(nn.Module):
    """Layer normalization; the names in its state are those of torch's `LayerNorm`.

    Args:
        normalized_shape: Sizes of the last axes, or of the last one alone; each at least 1.
        eps: ε, added to the variance; at least 0.
        elementwise_affine: Learn g, and b.
        bias: Learn b, if g is learned.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        if not shape or min(shape) < 1:
            raise ValueError(f"normalized_shape must hold sizes of at least 1. Got {shape}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        super().__init__()
        self.normalized_shape = tuple(shape)
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None  # g
        self.bias = nn.Parameter(torch.zeros(shape)) if elementwise_affine and bias else None  # b

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x (..., *normalized_shape).

        Raises:
            ValueError: If x does not end in `normalized_shape`.
        """
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
