"""Cutout and random erasing: a blank region in each training image.

Sources: cutout, DeVries and Taylor, 2017, https://arxiv.org/abs/1708.04552, section 3.2; random
erasing, Zhong et al., 2017, https://arxiv.org/abs/1708.04896, algorithm 1.

    cutout          a square whose centre is any pixel; what lies outside the image is lost
    random erasing  S_e ~ Uniform(s_l, s_h) S      area of the rectangle, S that of the image
                    log r ~ Uniform(log r_1, log r_2)            height over width
                    H_e = √(S_e r),  W_e = √(S_e / r)            drawn again until it fits

The paper of random erasing draws r evenly; here, as in torchvision, its logarithm is, so that tall
and wide are equally likely. Every image has a region of its own.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from catalog.loss.image_augmentation.reference import choose

ATTEMPTS = 10
"""Rectangles tried for an image, as in torchvision; it stays whole if none of them fits."""


def box_mask(top: Tensor, left: Tensor, height: Tensor, width: Tensor, images: Tensor) -> Tensor:
    """Return (n, 1, rows, columns) booleans, true in each image's box; all arguments are (n,).

    The box holds the rows from `top` to before `top + height`, as far as the image has them.
    """
    rows = torch.arange(images.shape[-2], device=images.device)
    columns = torch.arange(images.shape[-1], device=images.device)
    in_rows = (rows >= top[:, None]) & (rows < (top + height)[:, None])  # (n, rows)
    in_columns = (columns >= left[:, None]) & (columns < (left + width)[:, None])  # (n, columns)
    return (in_rows[:, :, None] & in_columns[:, None, :])[:, None]


def cutout(
    images: Tensor,
    size: int,
    p: float = 1.0,
    value: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Blank a square out of each image.

    Args:
        images: (n, channels, rows, columns).
        size: Side of the square in pixels; 0 blanks nothing.
        p: Probability for each image.
        value: What the square is filled with.
        generator: For what is drawn, on the images' device.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if size < 0:
        raise ValueError(f"size must be at least 0. Got {size}.")
    n, _, rows, columns = images.shape
    chosen = choose(images, p, generator)
    row = torch.randint(rows, (n,), generator=generator, device=images.device)  # centres
    column = torch.randint(columns, (n,), generator=generator, device=images.device)
    side = torch.where(chosen, size, 0)
    return images.masked_fill(
        box_mask(row - size // 2, column - size // 2, side, side, images), value
    )


def random_erasing(
    images: Tensor,
    scale: tuple[float, float] = (0.02, 0.33),
    ratio: tuple[float, float] = (0.3, 3.3),
    p: float = 0.5,
    value: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Blank a rectangle of random area and shape out of each image.

    Args:
        images: (n, channels, rows, columns).
        scale: s_l and s_h, least and largest share of the image's area.
        ratio: r_1 and r_2, least and largest height over width.
        p: Probability for each image.
        value: What the rectangle is filled with.
        generator: For what is drawn, on the images' device.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 <= scale[0] <= scale[1] <= 1:
        raise ValueError(f"scale must be two rising numbers from 0 to 1. Got {scale}.")
    if not 0 < ratio[0] <= ratio[1] < math.inf:
        raise ValueError(f"ratio must be two rising numbers above 0. Got {ratio}.")
    n, _, rows, columns = images.shape
    device = images.device

    def draw(low: float, high: float) -> Tensor:
        share = torch.rand(n, ATTEMPTS, generator=generator, device=device)
        return low + (high - low) * share  # (n, attempts)

    chosen = choose(images, p, generator)
    area = draw(*scale) * rows * columns  # S_e
    shape = draw(math.log(ratio[0]), math.log(ratio[1])).exp()  # r
    heights = (area * shape).sqrt().round().long()  # H_e
    widths = (area / shape).sqrt().round().long()  # W_e
    fits = (heights < rows) & (widths < columns)  # (n, attempts)
    first = fits.int().argmax(1, keepdim=True)
    kept = chosen & fits.any(1)
    height = heights.gather(1, first)[:, 0]
    width = widths.gather(1, first)[:, 0]
    # Any place at which the rectangle lies in the image is equally likely.
    place = torch.rand(2, n, generator=generator, device=device)
    top = (place[0] * (rows - height + 1)).long()
    left = (place[1] * (columns - width + 1)).long()
    mask = box_mask(top, left, torch.where(kept, height, 0), width, images)
    return images.masked_fill(mask, value)
