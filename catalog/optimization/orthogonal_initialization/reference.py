"""Orthogonal initialization: matrices that keep the length of every vector, not just the mean.

Source: Saxe, McClelland and Ganguli, 2013, https://arxiv.org/abs/1312.6120, section 3.

    W Wᵀ = g² I    or    Wᵀ W = g² I        whichever of the two has the smaller side
    Z = Q R,  Z_ij ~ N(0, 1)                Q of a normal matrix is a random orthogonal one,
    W = g Q sign(diag R)                    uniformly so if R has a positive diagonal

The signs: Mezzadri, 2007, https://arxiv.org/abs/math-ph/0609050, section 5.
"""

from __future__ import annotations

import torch
from torch import Tensor


def orthogonal_(
    weight: Tensor, gain: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Fill a weight with a random orthogonal matrix times a gain, in place, and return it.

    Args:
        weight: (outputs, inputs), or (outputs, inputs, ...) for a convolution, whose kernel is
            counted among the inputs.
        gain: g, the factor on the length of what passes through.
        generator: To draw from.

    Raises:
        ValueError: If the weight has fewer than two dimensions, or `gain` is below 0.
    """
    if weight.dim() < 2:
        raise ValueError(f"weight must have at least 2 dimensions. Got {weight.dim()}.")
    if not gain >= 0:
        raise ValueError(f"gain must be at least 0. Got {gain}.")
    rows, columns = weight.shape[0], weight[0].numel()
    z = torch.empty(rows, columns, dtype=weight.dtype, device=weight.device)
    z.normal_(generator=generator)
    is_wide = rows < columns
    q, r = torch.linalg.qr(z.T if is_wide else z)  # q: (larger, smaller) side
    q = q * r.diagonal().sign()
    with torch.no_grad():
        return weight.copy_(gain * (q.T if is_wide else q).reshape(weight.shape))


def orthogonal_blocks_(
    weight: Tensor, blocks: int, gain: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Fill a recurrent weight, in which the matrices of the gates are stacked, block by block.

    Args:
        weight: (blocks * size, size): 1 block in an RNN, 3 in a GRU, 4 in an LSTM.
        blocks: How many matrices are stacked.
        gain: g.
        generator: To draw from.

    Raises:
        ValueError: If the rows do not divide into the blocks.
    """
    if blocks < 1 or len(weight) % blocks:
        raise ValueError(f"blocks must divide the {len(weight)} rows. Got {blocks}.")
    for block in weight.detach().chunk(blocks):
        orthogonal_(block, gain, generator)
    return weight
