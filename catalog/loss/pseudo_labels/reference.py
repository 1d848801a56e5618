"""Pseudo-labels: confident predictions on unlabelled examples become their labels.

Source: Lee, 2013, "Pseudo-Label: The Simple and Efficient Semi-Supervised Learning Method for Deep
Neural Networks", ICML workshop, which takes every prediction. The threshold: Sohn et al., 2020,
https://arxiv.org/abs/2001.07685, equation 2.

    q = p(x_u),  ŷ = argmax q               no gradient flows through them
    L_unlabelled = mean_u 1[max q ≥ τ] H(ŷ, p(x_u))
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def pseudo_labels(logits: Tensor, threshold: float = 0.95) -> tuple[Tensor, Tensor]:
    """Return the most probable classes and whether each is confident; both (n,), no gradient.

    Args:
        logits: (n, classes) scores before the softmax.
        threshold: τ in [0, 1]: 0 trusts every prediction.

    Raises:
        ValueError: If `threshold` is out of its range.
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold must be from 0 to 1. Got {threshold}.")
    confidence, label = torch.softmax(logits.detach(), dim=1).max(1)  # max q, ŷ
    return label, confidence >= threshold


def pseudo_label_loss(
    logits: Tensor, threshold: float = 0.95, judged: Tensor | None = None
) -> Tensor:
    """Return the mean cross-entropy with pseudo-labels, a scalar.

    Examples below the threshold count as zero: the mean is over all, so that the term grows with
    the share that is trusted.

    Args:
        logits: (n, classes) scores of unlabelled examples, which are trained.
        threshold: τ in [0, 1].
        judged: (n, classes) scores that the labels are read off, such as those of another view of
            the same examples; None for `logits` themselves.

    Raises:
        ValueError: If `threshold` is out of its range.
    """
    label, is_confident = pseudo_labels(logits if judged is None else judged, threshold)
    each = F.cross_entropy(logits, label, reduction="none")  # H(ŷ, p), (n,)
    return (each * is_confident).mean()
