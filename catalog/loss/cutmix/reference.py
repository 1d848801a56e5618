"""CutMix: a rectangle of one image is pasted into another, and the labels follow the area.

Source: Yun et al., 2019, https://arxiv.org/abs/1905.04899, section 3.1.

    λ ~ Beta(α, α)
    r_w = W √(1 - λ),  r_h = H √(1 - λ)     sides of a box at a uniform centre, cut at the border
    x̃ = M ⊙ x_A + (1 - M) ⊙ x_B             M is 0 in the box
    ỹ = λ y_A + (1 - λ) y_B                 λ is the share of pixels that is left of x_A

The paper's code draws one box for a batch; here each image has its own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.loss.cutout.reference import box_mask
from catalog.loss.image_augmentation.reference import choose
from catalog.loss.mixup.reference import as_probabilities, draw_beta, mix


def cutmix(
    images: Tensor,
    y: Tensor,
    classes: int,
    alpha: float = 1.0,
    p: float = 1.0,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Paste a box of another image of the batch into each image.

    Args:
        images: (n, channels, rows, columns).
        y: (n,) class numbers, or (n, classes) probabilities.
        classes: Number of classes.
        alpha: α, above 0; 1 draws every share with equal probability.
        p: Probability for each image.
        generator: For what is drawn, on the images' device.

    Returns:
        The images x̃ and the targets ỹ, (n, classes) probabilities.

    Raises:
        ValueError: If a setting is out of its range.
    """
    n, _, rows, columns = images.shape
    device = images.device
    chosen = choose(images, p, generator)
    weight = draw_beta(n, alpha, device, generator)  # λ, (n,)
    partner = torch.randperm(n, generator=generator, device=device)  # B, (n,)
    side = torch.where(chosen, 1 - weight, 0).sqrt()
    height, width = (side * rows).long(), (side * columns).long()  # r_h, r_w
    row = torch.randint(rows, (n,), generator=generator, device=device)
    column = torch.randint(columns, (n,), generator=generator, device=device)
    box = box_mask(row - height // 2, column - width // 2, height, width, images)
    left = 1 - box.double().mean((1, 2, 3))  # λ, counted in pixels
    y = as_probabilities(y, classes)
    return torch.where(box, images[partner], images), mix(y, y[partner], left)
