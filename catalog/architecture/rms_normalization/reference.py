"""Root mean square normalization: the features of each example are divided by their size.

Source: Zhang and Sennrich, 2019, https://arxiv.org/abs/1910.07467, equation 4.

    RMS(a) = √(mean of a² over the n features of one example)
    y = g a / RMS(a)

We add ε to the mean of the squares, as torch does, so that features of zero stay zero.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def rms_norm(
    a: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide the last axes of a by their root mean square.

    Args:
        a: (..., *normalized_shape).
        normalized_shape: The axes that hold the features of an example, or of a token.
        weight: g, of shape `normalized_shape`, or None for 1.
        eps: ε; at least 0. None for the spacing of the data type's numbers at 1.

    Returns:
        y, like a.

    Raises:
        ValueError: If a does not end in `normalized_shape`.
    """
    if tuple(a.shape[a.dim() - len(normalized_shape) :]) != normalized_shape:
        raise ValueError(
            f"a must end in the axes {normalized_shape}. Got the shape {tuple(a.shape)}."
        )
    axes = tuple(range(-len(normalized_shape), 0))
    eps = torch.finfo(a.dtype).eps if eps is None else eps
    y = a / torch.sqrt(a.square().mean(axes, keepdim=True) + eps)
    return y if weight is None else y * weight


class RMSNorm(nn.Module):
    """Root mean square normalization; its state has the names of torch's `RMSNorm`.

    Args:
        normalized_shape: Sizes of the last axes, or of the last one alone; each at least 1.
        eps: ε, added to the mean square; at least 0. None for the spacing of the data type's
            numbers at 1.
        elementwise_affine: Learn g.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else normalized_shape
        if not shape or min(shape) < 1:
            raise ValueError(f"normalized_shape must hold sizes of at least 1. Got {shape}.")
        if eps is not None and not eps >= 0:
            raise ValueError(f"eps must be at least 0, or None. Got {eps}.")
        super().__init__()
        self.normalized_shape = tuple(shape)
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(shape)) if elementwise_affine else None  # g

    def forward(self, a: Tensor) -> Tensor:
        """Normalize a (..., *normalized_shape).

        Raises:
            ValueError: If a does not end in `normalized_shape`.
        """
        return rms_norm(a, self.normalized_shape, self.weight, self.eps)
