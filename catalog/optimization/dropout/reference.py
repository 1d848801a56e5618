"""Dropout: each training step keeps a random part of the units, and evaluation keeps all.

Source: Srivastava et al., 2014, https://jmlr.org/papers/v15/srivastava14a.html, section 4. There p
is the share that is kept and the weights are scaled at the end (section 10 gives the form below,
which scales in training); as in PyTorch, p is the share that is dropped.

    r_j ~ Bernoulli(1 - p)                  a mask, drawn anew for each example and step
    ỹ = r ∗ y / (1 - p)                     in training, so that E[ỹ] = y
    ỹ = y                                   in evaluation
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def dropout(
    y: Tensor, p: float = 0.5, training: bool = True, generator: torch.Generator | None = None
) -> Tensor:
    """Return activations with some of them set to zero and the rest scaled up.

    Args:
        y: Activations of any shape.
        p: Share that is dropped, at least 0 and below 1.
        training: Whether to drop at all; False returns `y` itself.
        generator: Draws the mask; torch's own if None.

    Raises:
        ValueError: If `p` is out of its range.
    """
    if not 0 <= p < 1:
        raise ValueError(f"p must be at least 0 and below 1. Got {p}.")
    if not training or p == 0:
        return y
    r = torch.empty_like(y).bernoulli_(1 - p, generator=generator)  # r, the shape of y
    return y * (r / (1 - p))  # ỹ


class Dropout(nn.Module):
    """Dropout as a layer: on in training mode, off after `eval()`.

    Args:
        p: Share that is dropped, at least 0 and below 1.

    Raises:
        ValueError: If `p` is out of its range.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p must be at least 0 and below 1. Got {p}.")
        self.p = p

    def forward(self, y: Tensor) -> Tensor:
        """Map activations to activations of the same shape."""
        return dropout(y, self.p, self.training)
