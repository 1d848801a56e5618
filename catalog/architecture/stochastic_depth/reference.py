"""Stochastic depth: residual branches are left out at random in training.

Source: Huang et al., 2016, https://arxiv.org/abs/1603.09382, equations 2 and 4.

    y = x + b F(x)                          b is 0 with probability p_l, else 1 (2)
    p_l = l / L · p_L                       from near 0 in the first block to p_L in the last (4)

Here p_l is the probability to drop block l, as in torchvision; the paper's p_l is that to keep it.
The paper multiplies F by the share that is kept in evaluation. We divide by it in training
instead, as torchvision does: the mean is the same, and evaluation is the plain network. Dropping
for each example (`row`) is torchvision's too; the paper drops for the whole batch.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

Mode = Literal["row", "batch"]


def drop_path(branch: Tensor, p: float, mode: Mode = "row", training: bool = True) -> Tensor:
    """Return a branch's output, or zeros, at random.

    Args:
        branch: F(x), (n, ...).
        p: Probability of zeros, in [0, 1].
        mode: Drop for each example (`row`), or for all at once (`batch`).
        training: Evaluation leaves the branch as it is.

    Returns:
        b F(x) / (1 - p), whose mean is F(x) for p below 1.

    Raises:
        ValueError: If a setting is out of its range.
    """
    _check(p, mode)
    if not training or p == 0:
        return branch
    rows = len(branch) if mode == "row" else 1
    shape = (rows,) + (1,) * (branch.dim() - 1)
    kept = torch.rand(shape, device=branch.device) >= p  # b
    return torch.where(kept, branch / max(1 - p, torch.finfo(branch.dtype).tiny), 0)


def _check(p: float, mode: str) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p must be from 0 to 1. Got {p}.")
    if mode not in ("row", "batch"):
        raise ValueError(f"mode must be 'row' or 'batch'. Got {mode!r}.")


def drop_probabilities(depth: int, last: float) -> list[float]:
    """Return p_l of each of `depth` blocks, rising to `last` (p_L) in the last block.

    Raises:
        ValueError: If `last` is not a probability.
    """
    if not 0 <= last <= 1:
        raise ValueError(f"last must be from 0 to 1. Got {last}.")
    return [last * block / depth for block in range(1, depth + 1)]


class DropPath(nn.Module):
    """`drop_path` as the last module of a residual branch.

    Args:
        p: Probability of zeros, in [0, 1].
        mode: Drop for each example (`row`), or for all at once (`batch`).

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(self, p: float, mode: Mode = "row") -> None:
        _check(p, mode)
        super().__init__()
        self.p = p
        self.mode: Mode = mode

    def forward(self, branch: Tensor) -> Tensor:
        """Map F(x) (n, ...) to the same shape."""
        return drop_path(branch, self.p, self.mode, self.training)
