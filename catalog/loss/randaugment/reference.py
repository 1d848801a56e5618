"""RandAugment: a few operations drawn from a list, all at one strength.

Source: Cubuk et al., 2019, https://arxiv.org/abs/1909.13719, section 3 and figure 2. The greatest
changes are torchvision's,
https://docs.pytorch.org/vision/stable/generated/torchvision.transforms.v2.RandAugment.html.

    N times:  draw one of K operations, each with probability 1 / K, and apply it at strength M
    s = M / 30                              share of the greatest change; its sign is drawn, too

Left out of the paper's list are posterize, solarize, equalize and autocontrast, which are made for
photographs of 256 levels. Every image has operations and signs of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

LEVELS = 30
"""The strength at which a change is greatest."""


def affine(images: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
    """Return images whose pixel at v, counted from the centre, is the old one at A v + t.

    Args:
        images: (n, channels, rows, columns); 0 is taken outside, and neighbours are blended.
        matrix: A, (n, 2, 2), for (column, row).
        shift: t, (n, 2), in pixels.
    """
    size = torch.tensor([images.shape[-1], images.shape[-2]], dtype=images.dtype) / 2
    size = size.to(images.device)
    # torch counts from -1 to 1 across the image in both directions.
    theta = torch.cat([matrix * size[None, None, :], shift[:, :, None]], dim=2)
    theta = theta / size[None, :, None]
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def _linear(images: Tensor, a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> Tensor:
    matrix = torch.stack([torch.stack([a, b], 1), torch.stack([c, d], 1)], 1)  # [[a, b], [c, d]]
    return affine(images, matrix, torch.zeros_like(matrix[:, 0]))


def shear_x(images: Tensor, s: Tensor) -> Tensor:
    """Move rows sideways by up to 0.3 of their distance from the middle."""
    one = torch.ones_like(s)
    return _linear(images, one, 0.3 * s, 0 * s, one)


def shear_y(images: Tensor, s: Tensor) -> Tensor:
    """Move columns up or down by up to 0.3 of their distance from the middle."""
    one = torch.ones_like(s)
    return _linear(images, one, 0 * s, 0.3 * s, one)


def _translate(images: Tensor, s: Tensor, axis: int) -> Tensor:
    shift = torch.zeros(len(s), 2, dtype=images.dtype, device=images.device)
    shift[:, axis] = s * 150 / 331 * images.shape[-1 - axis]
    eye = torch.eye(2, dtype=images.dtype, device=images.device)
    return affine(images, eye.expand(len(s), 2, 2), shift)


def translate_x(images: Tensor, s: Tensor) -> Tensor:
    """Move images sideways by up to 150/331 of their width."""
    return _translate(images, s, 0)


def translate_y(images: Tensor, s: Tensor) -> Tensor:
    """Move images up or down by up to 150/331 of their height."""
    return _translate(images, s, 1)


def rotate(images: Tensor, s: Tensor) -> Tensor:
    """Turn images by up to 30 degrees."""
    angle = s * math.radians(30)
    return _linear(images, angle.cos(), -angle.sin(), angle.sin(), angle.cos())


def brightness(images: Tensor, s: Tensor) -> Tensor:
    """Scale images by 0.1 to 1.9."""
    return (1 + 0.9 * s)[:, None, None, None] * images


def contrast(images: Tensor, s: Tensor) -> Tensor:
    """Scale the distance from the mean by 0.1 to 1.9."""
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (1 + 0.9 * s)[:, None, None, None] * (images - mean)


def sharpness(images: Tensor, s: Tensor) -> Tensor:
    """Scale the distance from a smoothed image by 0.1 to 1.9; the border stays."""
    channels = images.shape[1]
    kernel = torch.full((channels, 1, 3, 3), 1 / 13, dtype=images.dtype, device=images.device)
    kernel[:, :, 1, 1] = 5 / 13
    smooth = images.clone()
    smooth[:, :, 1:-1, 1:-1] = F.conv2d(images, kernel, groups=channels)
    return smooth + (1 + 0.9 * s)[:, None, None, None] * (images - smooth)


def identity(images: Tensor, s: Tensor) -> Tensor:  # noqa: ARG001  (one signature for all)
    """Leave images as they are."""
    return images


OPERATIONS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    identity,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
    rotate,
    brightness,
    contrast,
    sharpness,
)
"""Each takes images (n, channels, rows, columns) and (n,) changes from -1 to 1; 0 is none."""


def randaugment(
    images: Tensor,
    num_ops: int = 2,
    magnitude: float = 9,
    limits: tuple[float, float] = (0.0, 1.0),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Apply operations drawn at random to each image.

    Args:
        images: (n, channels, rows, columns), of at least 3 rows and columns.
        num_ops: N, operations an image.
        magnitude: M from 0 (off) to 30.
        limits: Values are cut off here.
        generator: For what is drawn, on the images' device.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if num_ops < 0:
        raise ValueError(f"num_ops must be at least 0. Got {num_ops}.")
    if not 0 <= magnitude <= LEVELS:
        raise ValueError(f"magnitude must be from 0 to {LEVELS}. Got {magnitude}.")
    if not limits[0] < limits[1]:
        raise ValueError(f"limits must be two rising numbers. Got {limits}.")
    if magnitude == 0:
        return images
    n, device = len(images), images.device
    out = images.clone()
    for _ in range(num_ops):
        drawn = torch.randint(len(OPERATIONS), (n,), generator=generator, device=device)
        sign = 2 * torch.randint(2, (n,), generator=generator, device=device) - 1
        s = (sign * magnitude / LEVELS).to(images.dtype)  # (n,), ±M / 30
        for number, operation in enumerate(OPERATIONS):
            rows = (drawn == number).nonzero()[:, 0]
            if len(rows):
                out[rows] = operation(out[rows], s[rows]).clamp(*limits)
    return out
