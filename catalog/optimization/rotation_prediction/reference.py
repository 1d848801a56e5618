"""Rotation prediction: a network learns to tell by how many quarters an image was turned.

Source: Gidaris, Singh and Komodakis, 2018, https://arxiv.org/abs/1803.07728, equations 1 to 3.

    g(x, y) = Rot(x, (y - 1) · 90°),  y in {1, ..., K}     K = 4 turns; here y is 0, ..., 3
    ℓ(x, θ) = -1/K Σ_y log F^y(g(x, y) | θ)                all K turns of an image in one batch

Turns by quarters only: others would leave traces of interpolation, from which the angle is told
without any look at the object.
"""

from __future__ import annotations

import torch
from torch import Tensor

TURNS = 4


def quarter_turns(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return all four turns of each image, and the number of quarters that each was turned.

    Args:
        x: (n, ..., side, side) images.

    Returns:
        (4 n, ..., side, side) images, first all of them upright, then all turned once
        counter-clockwise, and so on; and (4 n,) classes.

    Raises:
        ValueError: If the images are not square.
    """
    if x.dim() < 3 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"x must hold square images. Got the shape {tuple(x.shape)}.")
    turned = [torch.rot90(x, y, (-2, -1)) for y in range(TURNS)]  # g(x, y)
    classes = torch.arange(TURNS, device=x.device).repeat_interleave(len(x))  # y
    return torch.cat(turned), classes
