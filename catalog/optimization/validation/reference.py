"""Validation: examples that the gradient never sees say how good a model is.

Source of the cross-validated choice: Stone, 1974,
https://doi.org/10.1111/j.2517-6161.1974.tb00994.x; of the bias of a score that was chosen by:
Cawley and Talbot, 2010, https://jmlr.org/papers/v11/cawley10a.html.

    R̂ = (1/n) Σ ℓ_i            over the n held-out examples, unbiased for one model
    se(R̂) = √(Σ (ℓ_i - R̂)² / (n (n - 1)))
    E min_j R̂_j ≤ min_j E R̂_j            biased for the best of several models
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


def split(
    examples: int,
    shares: Sequence[float],
    generator: torch.Generator,
    groups: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Divide examples at random into parts, such as training, validation and test set.

    Args:
        examples: n.
        shares: Of each part; at least 0 and 1 in sum.
        generator: Draws the order.
        groups: (n,) numbers of the groups that must not be torn apart, such as the patient of
            each record; None for independent examples. The shares then hold about.

    Returns:
        The indices of each part, int64, in a random order.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not (all(share >= 0 for share in shares) and math.isclose(sum(shares), 1)):
        raise ValueError(f"shares must be at least 0 and sum to 1. Got {list(shares)}.")
    if groups is not None and groups.shape != (examples,):
        raise ValueError(f"groups must have the shape ({examples},). Got {tuple(groups.shape)}.")
    ends = [round(examples * sum(shares[: i + 1])) for i in range(len(shares))]
    order = torch.randperm(examples, generator=generator)
    if groups is None:
        return torch.tensor_split(order, ends[:-1])
    names, group_of, sizes = torch.unique(groups, return_inverse=True, return_counts=True)
    rank = torch.randperm(len(names), generator=generator)  # place of each group
    sizes_by_rank = torch.zeros_like(sizes).scatter(0, rank, sizes)
    middle = sizes_by_rank.cumsum(0) - sizes_by_rank / 2  # examples up to the middle of a group
    part_by_rank = torch.bucketize(middle, torch.tensor(ends[:-1], dtype=middle.dtype), right=True)
    part = part_by_rank[rank][group_of]  # (n,)
    return tuple(order[part[order] == i] for i in range(len(shares)))


def folds(examples: int, count: int, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the training and validation indices of each fold; each example validates once.

    Args:
        examples: n.
        count: k, from 2 to n; n leaves one out at a time.
        generator: Draws the order.

    Raises:
        ValueError: If `count` is out of its range.
    """
    if not 2 <= count <= examples:
        raise ValueError(f"count must be from 2 to {examples}. Got {count}.")
    parts = torch.tensor_split(torch.randperm(examples, generator=generator), count)
    for i, held_out in enumerate(parts):
        yield torch.cat([part for j, part in enumerate(parts) if j != i]), held_out


def estimate(losses: Tensor) -> tuple[float, float]:
    """Return the mean of held-out losses and its standard error.

    Args:
        losses: (n,) one of each example, n at least 2; or hits and misses as 1 and 0.

    Raises:
        ValueError: If there are fewer than two.
    """
    if losses.dim() != 1 or len(losses) < 2:
        raise ValueError(f"losses must have the shape (n,), n >= 2. Got {tuple(losses.shape)}.")
    values = losses.double()
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))  # R̂, se(R̂)
