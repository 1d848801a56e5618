"""Weight standardization: the weights of each output channel get mean 0 and variance 1.

Source: Qiao et al., 2019, https://arxiv.org/abs/1903.10520, section 3.

    μ_i = mean of the I weights that lead to output channel i
    σ_i = √(mean of (W_ij - μ_i)² + ε)
    Ŵ_ij = (W_ij - μ_i) / σ_i               used instead of W, and the gradient passes through it
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils import parametrize


def standardized(weight: Tensor, eps: float = 1e-5) -> Tensor:
    """Return standardized weights.

    Args:
        weight: W, (channels out, ...): of a linear layer or a convolution.
        eps: ε, added to the variance; at least 0.

    Returns:
        Ŵ, like W; zeros for a channel with a single weight or with equal weights.

    Raises:
        ValueError: If ε is out of its range.
    """
    if not eps >= 0:
        raise ValueError(f"eps must be at least 0. Got {eps}.")
    rows = weight.flatten(1)  # (channels out, I)
    centered = rows - rows.mean(1, keepdim=True)  # W - μ
    variance = centered.square().mean(1, keepdim=True)
    return (centered / (variance + eps).sqrt()).view_as(weight)  # Ŵ


class WeightStandardization(nn.Module):
    """The function as a parametrization, for `torch.nn.utils.parametrize`.

    Args:
        eps: ε, added to the variance; at least 0.

    Raises:
        ValueError: If ε is out of its range.
    """

    def __init__(self, eps: float = 1e-5) -> None:
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        super().__init__()
        self.eps = eps

    def forward(self, weight: Tensor) -> Tensor:
        """Return the standardized weights."""
        return standardized(weight, self.eps)


def weight_standardization(layer: nn.Module, eps: float = 1e-5) -> nn.Module:
    """Standardize the weights of a layer before every use, and return the layer.

    Args:
        layer: A linear layer or a convolution.
        eps: ε, added to the variance; at least 0.
    """
    return parametrize.register_parametrization(layer, "weight", WeightStandardization(eps))
