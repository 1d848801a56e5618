"""Curriculum learning: a pool of the easiest examples that widens until it holds all.

Source: Bengio et al., 2009, https://doi.org/10.1145/1553374.1553380; the pool and its pace: Wu,
Dyer and Neyshabur, 2020, https://arxiv.org/abs/2012.03107, section 2.

    g(s) = min(1, a + (1 - a) s / r)            share of the pool, s the share of training done
    pool = the ⌈g n⌉ examples of the lowest difficulty
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def pool_share(done: float, start: float = 0.2, ramp: float = 0.5) -> float:
    """Return g(s), the share of the examples that the pool holds.

    Args:
        done: s, the share of training that is done, at least 0.
        start: a in (0, 1], the share at the beginning; 1 for no curriculum.
        ramp: r in [0, 1], the share of training after which the pool holds all; 0 for none.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not done >= 0:
        raise ValueError(f"done must be at least 0. Got {done}.")
    if not 0 < start <= 1:
        raise ValueError(f"start must be above 0 and at most 1. Got {start}.")
    if not 0 <= ramp <= 1:
        raise ValueError(f"ramp must be from 0 to 1. Got {ramp}.")
    if done >= ramp:
        return 1.0
    return start + (1 - start) * done / ramp


def curriculum_order(difficulty: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return an epoch's examples, (n,) int64: the pool in random orders until n are drawn.

    As many examples are drawn as there are in all, so that every epoch has as many steps.

    Args:
        difficulty: (n,), lower is easier.
        share: g in (0, 1]; 1 draws each example once.
        generator: Draws the orders; on the device of `difficulty`.

    Raises:
        ValueError: If `share` is out of its range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1. Got {share}.")
    count = len(difficulty)
    # The margin is for products that come out just above a whole number.
    size = min(count, max(1, math.ceil(share * count - 1e-9)))
    pool = torch.argsort(difficulty, stable=True)[:size]
    passes = [
        pool[torch.randperm(size, generator=generator, device=pool.device)]
        for _ in range(math.ceil(count / size))
    ]
    return torch.cat(passes)[:count]


def centroid_difficulty(x: Tensor, y: Tensor) -> Tensor:
    """Return a cheap difficulty of classified examples: how near the mean of another class is.

    Args:
        x: (n, ...) inputs.
        y: (n,) class numbers.

    Returns:
        (n,) the distance to the mean of the own class over that to the nearest mean of another:
        below 1 for an example that a classifier by nearest means gets right. Within each class
        the ranks are spread from 0 to 1, so that no class comes first as a whole.
    """
    flat = x.flatten(1).float()  # (n, d)
    classes, own = torch.unique(y, return_inverse=True)
    means = torch.stack([flat[own == k].mean(0) for k in range(len(classes))])  # (K, d)
    distance = torch.cdist(flat, means)  # (n, K)
    is_own = torch.nn.functional.one_hot(own, len(classes)).bool()
    nearest_other = distance.masked_fill(is_own, math.inf).amin(1)
    ratio = distance[is_own] / nearest_other.clamp(min=torch.finfo(flat.dtype).tiny)
    return ranks_within(ratio, own)


def ranks_within(difficulty: Tensor, groups: Tensor) -> Tensor:
    """Return each example's rank within its group, (n,) from above 0 to 1.

    Args:
        difficulty: (n,).
        groups: (n,) numbers from 0.
    """
    out = torch.empty(len(difficulty), dtype=torch.float64, device=difficulty.device)
    for group in torch.unique(groups):
        rows = (groups == group).nonzero()[:, 0]
        order = torch.argsort(difficulty[rows], stable=True)
        ranks = torch.arange(1, len(rows) + 1, dtype=torch.float64, device=rows.device)
        out[rows[order]] = ranks / len(rows)
    return out
