"""Semi-supervised learning: labels travel along the unlabelled examples.

All its methods train one sum, whose second term lives on unlabelled examples and is ramped up:

    L = L_labelled + w(t) L_unlabelled
    w(t) = w exp(-5 (1 - t)²)               until the end of the ramp at t = 1, then w

Ramp: Laine and Aila, 2016, https://arxiv.org/abs/1610.02242. Entropy minimization, consistency,
pseudo-labels and FixMatch differ in the second term. Label propagation needs no network and makes
their common assumption visible, that near examples have the same class: Zhu and Ghahramani, 2002,
https://pages.cs.wisc.edu/~jerryzhu/pub/CMU-CALD-02-107.pdf, sections 2.2 and 2.3.

    w_ij = exp(-|x_i - x_j|² / σ²)          likeness of two examples
    T_ij = w_ij / Σ_k w_ik                  a walk from i steps to j
    Y_U = (I - T_UU)⁻¹ T_UL Y_L             the label that a walk from U meets first

The paper divides w by its column sums before it normalizes the rows; here, as in scikit-learn, the
rows alone are normalized, so that Y_U holds the probabilities of the walk.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def ramp_up(progress: float, length: float) -> float:
    """Return the share of the full weight at a point of the run, from near 0 to 1.

    Args:
        progress: Share of the run that is done.
        length: Share of the run over which the weight rises, from 0 (full at once) to 1.

    Raises:
        ValueError: If `length` is out of its range.
    """
    if not 0 <= length <= 1:
        raise ValueError(f"length must be from 0 to 1. Got {length}.")
    if progress >= length:
        return 1.0
    return math.exp(-5 * (1 - progress / length) ** 2)


def propagate_labels(
    labelled: Tensor,
    targets: Tensor,
    unlabelled: Tensor,
    classes: int,
    sigma: float | None = None,
    restart: float = 1e-6,
) -> Tensor:
    """Return the class probabilities of unlabelled examples.

    Args:
        labelled: (l, ...) inputs x_L; they are compared by the distance of all their values.
        targets: (l,) class numbers.
        unlabelled: (u, ...) inputs x_U; the equations are (u, u).
        classes: Number of classes.
        sigma: σ, the distance at which likeness falls to 1/e; None for half the mean distance
            between an example and the nearest one.
        restart: Probability that a walk gives up at a step, and tells nothing. It keeps the
            equations solvable where no path leads to a label.

    Returns:
        (u, classes) probabilities, float64; even ones where no label can be reached.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if sigma is not None and not sigma > 0:
        raise ValueError(f"sigma must be above 0, or None. Got {sigma}.")
    if not 0 <= restart < 1:
        raise ValueError(f"restart must be at least 0 and below 1. Got {restart}.")
    x = torch.cat([unlabelled, labelled]).flatten(1).double()
    distance = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")  # (u + l, u + l)
    distance.fill_diagonal_(math.inf)  # a step to itself leads nowhere
    if sigma is None:
        sigma = float(distance.min(1).values.mean()) / 2
    likeness = -distance.square() / max(sigma, 1e-12) ** 2  # log w
    walk = (1 - restart) * torch.softmax(likeness, dim=1)  # T
    u = len(unlabelled)
    known = F.one_hot(targets, classes).double()  # Y_L, (l, classes)
    eye = torch.eye(u, dtype=torch.float64, device=x.device)
    reached: Tensor = torch.linalg.solve(eye - walk[:u, :u], walk[:u, u:] @ known)  # Y_U
    reached = reached.clamp(min=0)
    lost = 1 - reached.sum(1, keepdim=True)
    return reached + lost.clamp(min=0) / classes
