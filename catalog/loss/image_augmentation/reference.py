"""Image augmentation: flip, shifted crop, blur, and changes of brightness and contrast.

Source: Krizhevsky, Sutskever and Hinton, 2012, section 4.1 (crops, flips, color),
https://papers.nips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html. Blur,
brightness and contrast are those of torchvision,
https://docs.pytorch.org/vision/stable/transforms.html.

    flip        x'(r, c) = x(r, C - 1 - c)
    shift       x'(r, c) = x(r + δ_r, c + δ_c), 0 outside;      δ ~ Uniform{-s..s}
    blur        x' = k * x,  k(u, v) ∝ exp(-(u² + v²) / 2σ²);   σ ~ Uniform(σ_low, σ_high)
    brightness  x' = f x;                                       f ~ Uniform(1 - b, 1 + b)
    contrast    x' = f x + (1 - f) mean(x)

Every function takes images (n, channels, rows, columns), draws for each image by itself, and
leaves it alone with probability 1 - p. The generator must be on the images' device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def choose(images: Tensor, p: float, generator: torch.Generator | None) -> Tensor:
    """Return (n,) booleans, each true with probability `p`.

    Raises:
        ValueError: If `p` is out of its range.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must be from 0 to 1. Got {p}.")
    return torch.rand(len(images), generator=generator, device=images.device) < p


def uniform(images: Tensor, low: float, high: float, generator: torch.Generator | None) -> Tensor:
    """Return (n, 1, 1, 1) numbers between `low` and `high`, one for each image."""
    share = torch.rand(len(images), 1, 1, 1, generator=generator, device=images.device)
    return low + (high - low) * share.to(images.dtype)


def flip(images: Tensor, p: float = 0.5, generator: torch.Generator | None = None) -> Tensor:
    """Mirror images left to right."""
    chosen = choose(images, p, generator)[:, None, None, None]  # (n, 1, 1, 1)
    return torch.where(chosen, images.flip(-1), images)


def shifted_crop(
    images: Tensor, pixels: int = 1, p: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Cut each image out of a zero-padded one, up to `pixels` off its place in each direction.

    Raises:
        ValueError: If `pixels` is negative or `p` out of its range.
    """
    if pixels < 0:
        raise ValueError(f"pixels must be at least 0. Got {pixels}.")
    n, channels, rows, columns = images.shape
    device = images.device
    chosen = choose(images, p, generator)
    offset = torch.randint(-pixels, pixels + 1, (2, n), generator=generator, device=device)
    start = torch.where(chosen, offset, 0) + pixels  # (2, n), δ + s
    row = start[0, :, None] + torch.arange(rows, device=device)  # (n, rows)
    column = start[1, :, None] + torch.arange(columns, device=device)  # (n, columns)
    padded = F.pad(images, (pixels, pixels, pixels, pixels))
    return padded[
        torch.arange(n, device=device)[:, None, None, None],
        torch.arange(channels, device=device)[:, None, None],
        row[:, None, :, None],
        column[:, None, None, :],
    ]


def blur(
    images: Tensor,
    sigma: tuple[float, float] = (0.1, 2.0),
    radius: int = 1,
    p: float = 0.5,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Blur with a Gaussian whose width is drawn; the border is mirrored.

    Args:
        images: (n, channels, rows, columns), larger than `radius`.
        sigma: Least and largest standard deviation in pixels, above 0.
        radius: Pixels of the kernel on each side of its centre.
        p: Probability for each image.
        generator: For what is drawn.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 < sigma[0] <= sigma[1] < math.inf:
        raise ValueError(f"sigma must be two rising numbers above 0. Got {sigma}.")
    if radius < 1:
        raise ValueError(f"radius must be at least 1. Got {radius}.")
    n, channels, rows, columns = images.shape
    chosen = choose(images, p, generator)[:, None, None, None]
    width = uniform(images, *sigma, generator).view(n, 1)
    u = torch.arange(-radius, radius + 1, device=images.device)
    k = torch.softmax(-u.square() / (2 * width.square()), dim=1)  # (n, 2 radius + 1), sums to 1
    k = k.repeat_interleave(channels, dim=0)
    # Each image has a kernel of its own: all images' channels are the groups of one convolution.
    stack = F.pad(images, (radius,) * 4, mode="reflect").reshape(
        1, n * channels, -1, columns + 2 * radius
    )
    stack = F.conv2d(stack, k[:, None, :, None], groups=n * channels)
    stack = F.conv2d(stack, k[:, None, None, :], groups=n * channels)
    return torch.where(chosen, stack.view(n, channels, rows, columns), images)


def brightness_contrast(
    images: Tensor,
    brightness: float = 0.2,
    contrast: float = 0.2,
    p: float = 0.8,
    limits: tuple[float, float] = (0.0, 1.0),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Scale images by a random factor, then their distance from their mean by another.

    Args:
        images: (n, channels, rows, columns) between the limits, 0 for black.
        brightness: b, largest change of the first factor from 1; from 0 to 1.
        contrast: The same for the second.
        p: Probability for each image.
        limits: Values are cut off here.
        generator: For what is drawn.

    Raises:
        ValueError: If a setting is out of its range.
    """
    for name, value in (("brightness", brightness), ("contrast", contrast)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be from 0 to 1. Got {value}.")
    if not limits[0] < limits[1]:
        raise ValueError(f"limits must be two rising numbers. Got {limits}.")
    chosen = choose(images, p, generator)[:, None, None, None]
    scaled = uniform(images, 1 - brightness, 1 + brightness, generator) * images
    scaled = scaled.clamp(*limits)
    mean = scaled.mean((1, 2, 3), keepdim=True)
    factor = uniform(images, 1 - contrast, 1 + contrast, generator)
    changed = mean + factor * (scaled - mean)  # f x + (1 - f) mean(x)
    return torch.where(chosen, changed.clamp(*limits), images)
