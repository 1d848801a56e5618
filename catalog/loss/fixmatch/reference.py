"""FixMatch: the label of a weak view is learned on a strong view of the same example.

Source: Sohn et al., 2020, https://arxiv.org/abs/2001.07685, equation 4 and section 2.3.

    q_b = p(α(u_b)),  q̂_b = argmax q_b       α weak: a small shift; no gradient flows
    ℓ_u = 1/(μB) Σ_b 1[max q_b ≥ τ] H(q̂_b, p(A(u_b)))       A strong: RandAugment, then cutout

The loss is that of pseudo-labels with another view as their judge. The paper's weak view also
mirrors the image, which digits and text do not bear; it is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from catalog.loss.cutout.reference import cutout
from catalog.loss.image_augmentation.reference import shifted_crop
from catalog.loss.pseudo_labels.reference import pseudo_label_loss
from catalog.loss.randaugment.reference import randaugment


def weak_view(images: Tensor, pixels: int, generator: torch.Generator | None = None) -> Tensor:
    """Return α: images (n, channels, rows, columns) moved by up to some pixels."""
    return shifted_crop(images, pixels, generator=generator)


def strong_view(
    images: Tensor,
    pixels: int,
    magnitude: float,
    size: int,
    limits: tuple[float, float] = (0.0, 1.0),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return A: moved like the weak view, then two operations of RandAugment, then a blank square.

    Args:
        images: (n, channels, rows, columns).
        pixels: Largest shift.
        magnitude: Strength of the operations, 0 to 30.
        size: Side of the square.
        limits: Values are cut off here, and the square is half way between them.
        generator: For what is drawn, on the images' device.
    """
    strong = weak_view(images, pixels, generator)
    strong = randaugment(strong, 2, magnitude, limits, generator)
    return cutout(strong, size, value=sum(limits) / 2, generator=generator)


def fixmatch_loss(
    model: nn.Module, weak: Tensor, strong: Tensor, threshold: float = 0.95
) -> Tensor:
    """Return ℓ_u, a scalar to add to the loss of the labelled examples.

    Args:
        model: Maps (n, ...) to (n, classes) logits.
        weak: (n, ...) weak views of unlabelled examples.
        strong: (n, ...) strong views of the same ones in the same order.
        threshold: τ in [0, 1].

    Raises:
        ValueError: If the views differ in shape, or `threshold` is out of its range.
    """
    if weak.shape != strong.shape:
        raise ValueError(
            f"weak and strong must be views of the same examples. Got {tuple(weak.shape)} and"
            f" {tuple(strong.shape)}."
        )
    # One pass for both: batch statistics, where there are any, are then the same.
    judged, trained = model(torch.cat([weak, strong])).chunk(2)
    return pseudo_label_loss(trained, threshold, judged)
