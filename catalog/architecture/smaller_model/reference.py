"""Smaller model: fewer units, a bottleneck, or fewer inputs.

Sources: units whose weights are small are removed, Li et al., 2016,
https://arxiv.org/abs/1608.08710, section 3.1; the nearest matrix of a given rank, Eckart and Young,
1936, https://doi.org/10.1007/BF02288367; features ranked by correlation, Guyon and Elisseeff, 2003,
https://www.jmlr.org/papers/v3/guyon03a.html, section 2.2.

    units:      keep those whose row of weights has the largest sum of |w|
    bottleneck: W ≈ B A, with r rows in A: r (n + m) weights instead of n m
    inputs:     keep those with the largest r² = cov(x, y)² / (var x var y)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def kept_units(weight: Tensor, count: int) -> Tensor:
    """Return the units to keep, in their order.

    Args:
        weight: (units, ...), the weights that lead to each unit.
        count: How many; from 1 to the units there are.

    Returns:
        (count,) positions.

    Raises:
        ValueError: If `count` is out of its range.
    """
    _check("count", count, len(weight))
    size = weight.detach().flatten(1).abs().sum(1)  # Σ |w|
    return size.argsort(descending=True, stable=True)[:count].sort().values


def bottleneck(weight: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return the two factors of the nearest matrix of a rank.

    Args:
        weight: W, (outputs, inputs).
        rank: r; from 1 to the smaller side.

    Returns:
        A (r, inputs) and B (outputs, r); the squared distance of B A from W is the sum of the
        squares of the singular values left out.

    Raises:
        ValueError: If `rank` is out of its range.
    """
    _check("rank", rank, min(weight.shape))
    u, s, v = torch.linalg.svd(weight.detach(), full_matrices=False)
    root = s[:rank].sqrt()
    return root[:, None] * v[:rank], u[:, :rank] * root


class Bottleneck(nn.Module):
    """A linear layer of low rank: two layers with a few units between them.

    Args:
        in_features: Inputs.
        out_features: Outputs.
        rank: r; from 1 to the smaller of the two.
        bias: Learn an offset.

    Raises:
        ValueError: If `rank` is out of its range.
    """

    def __init__(self, in_features: int, out_features: int, rank: int, bias: bool = True) -> None:
        _check("rank", rank, min(in_features, out_features))
        super().__init__()
        self.reduce = nn.Linear(in_features, rank, bias=False)  # A
        self.expand = nn.Linear(rank, out_features, bias=bias)  # B

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., in_features) to (..., out_features)."""
        return self.expand(self.reduce(x))  # type: ignore[no-any-return]


def related_inputs(x: Tensor, y: Tensor, count: int) -> Tensor:
    """Return the inputs that tell most of the targets, each by itself, in their order.

    Only the training set may be asked: chosen with the validation set in hand, its loss would be
    too low.

    Args:
        x: (n, inputs).
        y: (n, targets): one column for each value, or for each class.
        count: How many; from 1 to the inputs there are.

    Returns:
        (count,) positions. An input that never changes comes last.

    Raises:
        ValueError: If `count` is out of its range, or `y` has no row for each example.
    """
    _check("count", count, x.shape[1])
    if y.dim() != 2 or len(y) != len(x):
        raise ValueError(f"y must be ({len(x)}, targets). Got the shape {tuple(y.shape)}.")
    x, y = x - x.mean(0), y - y.mean(0)
    spread = x.square().sum(0)[:, None] * y.square().sum(0)  # (inputs, targets)
    r2 = torch.where(spread > 0, (x.T @ y).square() / spread, 0)
    return r2.sum(1).argsort(descending=True, stable=True)[:count].sort().values


def _check(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise ValueError(f"{name} must be from 1 to {most}. Got {value}.")
