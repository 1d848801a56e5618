"""Knowledge distillation: a student matches the softened probabilities of a teacher.

Source: Hinton, Vinyals and Dean, 2015, https://arxiv.org/abs/1503.02531, section 2.

    p = softmax(v / T)                      teacher's logits v, at temperature T
    q = softmax(z / T)                      student's logits z
    ℓ = λ CE(y, softmax(z)) + (1 - λ) T² KL(p ‖ q)

The gradient at z falls as 1/T², which the factor T² undoes. The source writes the second term as a
cross-entropy, which differs from the divergence by the entropy of p: no gradient, but a floor.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def soft_target_loss(student: Tensor, teacher: Tensor, temperature: float = 4.0) -> Tensor:
    """Return T² KL(p ‖ q), a mean over examples; 0 where the student has the teacher's logits.

    Args:
        student: (n, classes) logits z.
        teacher: (n, classes) logits v; gets no gradient.
        temperature: T, above 0. Far above all logits it is half the squared distance of the
            centered logits, divided by the number of classes.

    Raises:
        ValueError: If `temperature` is not above 0, or the shapes differ.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0. Got {temperature}.")
    if student.shape != teacher.shape:
        raise ValueError(
            f"teacher must be of the student's shape {tuple(student.shape)}."
            f" Got {tuple(teacher.shape)}."
        )
    log_p = torch.log_softmax(teacher.detach() / temperature, 1)  # (n, K)
    log_q = torch.log_softmax(student / temperature, 1)  # (n, K)
    divergence = (log_p.exp() * (log_p - log_q)).sum(1)  # KL(p ‖ q), (n,)
    return temperature**2 * divergence.mean()


def distillation_loss(
    student: Tensor,
    teacher: Tensor,
    targets: Tensor,
    temperature: float = 4.0,
    label_weight: float = 0.1,
) -> Tensor:
    """Return the weighted sum of both terms, a scalar.

    Args:
        student: (n, classes) logits z.
        teacher: (n, classes) logits v.
        targets: (n,) class numbers, or (n, classes) probabilities.
        temperature: T, above 0.
        label_weight: λ in [0, 1]: 1 for the labels alone, 0 for the teacher alone.

    Raises:
        ValueError: If a setting is out of its range, or the shapes differ.
    """
    if not 0 <= label_weight <= 1:
        raise ValueError(f"label_weight must be from 0 to 1. Got {label_weight}.")
    hard = F.cross_entropy(student, targets)
    soft = soft_target_loss(student, teacher, temperature)
    return label_weight * hard + (1 - label_weight) * soft
