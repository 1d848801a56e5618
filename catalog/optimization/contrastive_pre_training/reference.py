"""Contrastive pre-training: a network learns which two of many views show the same input.

Source: Chen, Kornblith, Norouzi and Hinton, 2020, https://arxiv.org/abs/2002.05709, section 2.1.

    z_i = g(f(x̃_i))                         two views x̃ of each of N inputs, body f, projection g
    sim(u, v) = uᵀv / (|u| |v|)
    ℓ_{i,j} = -log  exp(sim(z_i, z_j) / τ) / Σ_{k ≠ i} exp(sim(z_i, z_k) / τ)          (eq. 1)
    L = 1 / 2N  Σ  ℓ_{i,j} over all ordered pairs (i, j) of views of one input

The paper calls it NT-Xent. Masked pre-training, the other way to do without labels, stands in
`pre_training`: its `hide`, and the inputs as the targets.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """Return the loss of matching views, a scalar.

    Guessing gives log(2 n - 1).

    Args:
        first: (n, width) projections of one view of each input, n at least 2.
        second: (n, width) of the other view, in the same order.
        temperature: τ, above 0: the smaller, the more the most similar views count.

    Raises:
        ValueError: If the shapes differ or are too small, or `temperature` is out of its range.
    """
    if first.shape != second.shape or first.dim() != 2 or len(first) < 2:
        raise ValueError(
            "first and second must be (n, width), n at least 2."
            f" Got {tuple(first.shape)} and {tuple(second.shape)}."
        )
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature must be above 0. Got {temperature}.")
    z = F.normalize(torch.cat([first, second]), dim=1)  # (2n, width), of length 1
    similarity = (z @ z.T / temperature).fill_diagonal_(-math.inf)  # k ≠ i
    partner = torch.arange(len(z), device=z.device).roll(len(first))  # j of each i
    return F.cross_entropy(similarity, partner)  # the mean over i of eq. 1


class Projection(nn.Sequential):
    """g: a hidden layer as wide as the features, and a narrower output (section 4.2).

    It is thrown away after the first phase; the features below it serve the task better.

    Args:
        width: Of the features f(x).
        outputs: Of z.
    """

    def __init__(self, width: int, outputs: int = 32) -> None:
        super().__init__(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs))
