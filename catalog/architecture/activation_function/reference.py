"""Activation functions that pass a gradient over more of their range than sigmoid and ReLU.

Sources: leaky ReLU, Maas, Hannun and Ng, 2013,
https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf; PReLU, He et al., 2015,
https://arxiv.org/abs/1502.01852; ELU, Clevert, Unterthiner and Hochreiter, 2015,
https://arxiv.org/abs/1511.07289; GELU, Hendrycks and Gimpel, 2016,
https://arxiv.org/abs/1606.08415; SiLU, Ramachandran, Zoph and Le, 2017,
https://arxiv.org/abs/1710.05941 (there Swish with β = 1).

    leaky ReLU(x) = x if x > 0 else a x     a fixed
    PReLU(x)      = the same                a learned, one for each channel or for all
    ELU(x)        = x if x > 0 else α (exp(x) - 1)
    GELU(x)       = x Φ(x)                  Φ the distribution function of the normal
                  ≈ x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))
    SiLU(x)       = x σ(x)                  σ(x) = 1 / (1 + exp(-x))
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn


def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Return x above 0, and `negative_slope`, a, times x below."""
    return torch.where(x > 0, x, negative_slope * x)


def prelu(x: Tensor, weight: Tensor) -> Tensor:
    """Return x above 0, and a times x below.

    Args:
        x: (n, channels, ...), or any shape if there is one slope.
        weight: a, (channels,) or (1,).

    Raises:
        ValueError: If there are neither as many slopes as channels nor one.
    """
    if len(weight) > 1:
        if x.dim() < 2 or x.shape[1] != len(weight):
            raise ValueError(
                f"weight must have one slope, or one for each channel. Got {len(weight)} for the"
                f" shape {tuple(x.shape)}."
            )
        weight = weight.view(1, -1, *[1] * (x.dim() - 2))  # channels are the second axis
    return torch.where(x > 0, x, weight * x)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Return x above 0, and alpha (exp(x) - 1) below."""
    # exp of a large x would overflow, and the branch not taken spoil the gradient with NaN.
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0)))


def gelu(x: Tensor, approximate: Literal["none", "tanh"] = "none") -> Tensor:
    """Return x Φ(x), exactly or by the approximation with tanh.

    Raises:
        ValueError: If `approximate` is neither `none` nor `tanh`.
    """
    if approximate == "none":
        return x * (1 + torch.erf(x / math.sqrt(2))) / 2
    if approximate == "tanh":
        return x / 2 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    raise ValueError(f"approximate must be 'none' or 'tanh'. Got {approximate!r}.")


def silu(x: Tensor) -> Tensor:
    """Return x σ(x)."""
    return x * torch.sigmoid(x)


class LeakyReLU(nn.Module):
    """Leaky ReLU.

    Args:
        negative_slope: a; at least 0.

    Raises:
        ValueError: If the slope is out of its range.
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        if not negative_slope >= 0:
            raise ValueError(f"negative_slope must be at least 0. Got {negative_slope}.")
        super().__init__()
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to the same shape."""
        return leaky_relu(x, self.negative_slope)


class PReLU(nn.Module):
    """PReLU; its state has the names of torch's.

    Args:
        num_parameters: Slopes: 1, or the number of channels.
        init: Where they start.

    Raises:
        ValueError: If there is no slope.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        if num_parameters < 1:
            raise ValueError(f"num_parameters must be at least 1. Got {num_parameters}.")
        super().__init__()
        self.weight = nn.Parameter(torch.full((num_parameters,), init))  # a

    def forward(self, x: Tensor) -> Tensor:
        """Map x (n, channels, ...) to the same shape."""
        return prelu(x, self.weight)


class ELU(nn.Module):
    """ELU.

    Args:
        alpha: α, minus the limit far below 0; at least 0.

    Raises:
        ValueError: If α is out of its range.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        if not alpha >= 0:
            raise ValueError(f"alpha must be at least 0. Got {alpha}.")
        super().__init__()
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to the same shape."""
        return elu(x, self.alpha)


class GELU(nn.Module):
    """GELU.

    Args:
        approximate: `none` for the exact function, or `tanh`.

    Raises:
        ValueError: If it is neither.
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ValueError(f"approximate must be 'none' or 'tanh'. Got {approximate!r}.")
        super().__init__()
        self.approximate: Literal["none", "tanh"] = approximate

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to the same shape."""
        return gelu(x, self.approximate)


class SiLU(nn.Module):
    """SiLU."""

    def forward(self, x: Tensor) -> Tensor:
        """Map x of any shape to the same shape."""
        return silu(x)
