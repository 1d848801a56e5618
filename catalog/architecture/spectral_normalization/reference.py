"""Spectral normalization: each weight matrix is divided by its largest singular value.

Source: Miyato et al., 2018, https://arxiv.org/abs/1802.05957, section 2.1 and algorithm 1.

    σ(W) = max |W h| / |h|                  the largest singular value
    Ŵ = W / σ(W)                            used instead of W

    v ← Wᵀu / |Wᵀu|,  u ← Wv / |Wv|         power iteration, one round a step, u and v are kept
    σ(W) ≈ uᵀ W v                           and count as constants in the gradient

A round here ends in v, as torch's does; the paper's ends in u. The matrix of a convolution has a
row for each filter.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

START_ROUNDS = 15
"""Rounds of power iteration before the first use, as many as torch takes."""


def power_iteration(matrix: Tensor, v: Tensor, rounds: int, eps: float) -> tuple[Tensor, Tensor]:
    """Return left and right vectors nearer to those of the largest singular value.

    Args:
        matrix: W, (outputs, inputs).
        v: (inputs,), where to begin.
        rounds: How often to multiply by W and by its transpose; at least 1.
        eps: Least length that is divided by.
    """
    for _ in range(rounds):
        u = matrix @ v
        u = u / u.norm().clamp(min=eps)
        v = matrix.T @ u
        v = v / v.norm().clamp(min=eps)
    return u, v


class SpectralNorm(nn.Module):
    """The normalization as a parametrization; its state has the names of torch's.

    Args:
        weight: W, (outputs, ...), to begin the power iteration with.
        n_power_iterations: Rounds at each use in training; at least 1. Evaluation takes none.
        eps: Least length that is divided by; above 0.

    Raises:
        ValueError: If a setting is out of its range, or the weight is no matrix or zero.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, eps: float = 1e-12) -> None:
        if n_power_iterations < 1:
            raise ValueError(f"n_power_iterations must be at least 1. Got {n_power_iterations}.")
        if not eps > 0:
            raise ValueError(f"eps must be above 0. Got {eps}.")
        if weight.dim() < 2 or not weight.any():
            raise ValueError(
                "weight must have at least two axes and not be all zero."
                f" Got the shape {tuple(weight.shape)} and a sum of sizes of"
                f" {float(weight.detach().abs().sum())}."
            )
        super().__init__()
        self.n_power_iterations = n_power_iterations
        self.eps = eps
        matrix = weight.detach().flatten(1)
        u, v = power_iteration(matrix, torch.randn_like(matrix[0]), START_ROUNDS, eps)
        self.register_buffer("_u", u)
        self.register_buffer("_v", v)

    def forward(self, weight: Tensor) -> Tensor:
        """Return Ŵ, like W."""
        matrix = weight.flatten(1)
        if self.training:
            with torch.no_grad():
                u, v = power_iteration(matrix, self._v, self.n_power_iterations, self.eps)
                # In new tensors: those of an earlier use may still wait for its backward pass.
                self._u, self._v = u, v
        sigma = self._u @ (matrix @ self._v)  # uᵀ W v
        return weight / sigma

    def right_inverse(self, weight: Tensor) -> Tensor:
        """Return what to store so that a weight assigned is used, up to its scale."""
        return weight


def spectral_norm(layer: nn.Module, n_power_iterations: int = 1, eps: float = 1e-12) -> nn.Module:
    """Normalize the weight of a layer before every use, and return the layer.

    Args:
        layer: A linear layer or a convolution.
        n_power_iterations: Rounds at each use in training; at least 1.
        eps: Least length that is divided by; above 0.
    """
    weight = layer.get_parameter("weight")
    return parametrize.register_parametrization(
        layer, "weight", SpectralNorm(weight, n_power_iterations, eps)
    )
