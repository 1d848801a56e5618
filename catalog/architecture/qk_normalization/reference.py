"""Query-key normalization: attention logits that do not grow with the size of the activations.

Sources: unit length and a learned factor g, Henry et al., 2020, https://arxiv.org/abs/2010.04245,
section 3; layer normalization, Dehghani et al., 2023, https://arxiv.org/abs/2302.05442, section 2.

    softmax(q kᵀ / √d) v                    attention over heads of d values
    softmax(LN(q) LN(k)ᵀ / √d) v            with layer norm: |logit| ≤ √d times the gains
    softmax(g q̂ k̂ᵀ) v,  q̂ = q / |q|         with unit length: |logit| ≤ g
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def attention(q: Tensor, k: Tensor, v: Tensor, scale: float | Tensor | None = None) -> Tensor:
    """Mix values by how well keys fit to queries.

    Args:
        q: Queries (..., tokens, d).
        k: Keys (..., tokens seen, d).
        v: Values (..., tokens seen, d of the values).
        scale: Factor on the logits; None for 1/√d.

    Returns:
        (..., tokens, d of the values).
    """
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    logits = q @ k.mT * scale  # (..., tokens, tokens seen)
    return torch.softmax(logits, -1) @ v


def unit_length(x: Tensor, eps: float = 1e-12) -> Tensor:
    """Return vectors (..., d) at length 1; zeros stay zero.

    Args:
        x: Vectors.
        eps: Least length that is divided by; above 0.

    Raises:
        ValueError: If `eps` is out of its range.
    """
    if not eps > 0:
        raise ValueError(f"eps must be above 0. Got {eps}.")
    length: Tensor = x.norm(dim=-1, keepdim=True)
    return x / length.clamp(min=eps)


class UnitLength(nn.Module):
    """Vectors at a learned length.

    Queries and keys that both have it give logits of at most length² / √d.

    Args:
        width: d, values in a vector; at least 1.
        length: At the start; at least 0. None for √d, the length that layer norm gives.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(self, width: int, length: float | None = None) -> None:
        if width < 1:
            raise ValueError(f"width must be at least 1. Got {width}.")
        if length is not None and not length >= 0:
            raise ValueError(f"length must be at least 0, or None. Got {length}.")
        super().__init__()
        self.length = nn.Parameter(torch.tensor(math.sqrt(width) if length is None else length))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., d) to the same shape."""
        return self.length * unit_length(x)


class NormalizedAttention(nn.Module):
    """Multi-head self-attention with normalized queries and keys.

    Args:
        width: Values per token; at least 1.
        heads: Divides `width`.
        q_norm: Takes the queries of a head, (..., width / heads), to the same shape.
        k_norm: Takes the keys.

    Raises:
        ValueError: If `heads` does not divide `width`.
    """

    def __init__(self, width: int, heads: int, q_norm: nn.Module, k_norm: nn.Module) -> None:
        if width < 1 or heads < 1 or width % heads:
            raise ValueError(f"heads must divide width. Got {heads} and {width}.")
        super().__init__()
        self.heads = heads
        self.q_norm = q_norm
        self.k_norm = k_norm
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, tokens, width) to the same shape."""
        q, k, v = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (n, heads, tokens, d)
            for part in self.qkv(x).chunk(3, dim=-1)
        )
        mixed = attention(self.q_norm(q), self.k_norm(k), v)  # (n, heads, tokens, d)
        return self.out(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]
