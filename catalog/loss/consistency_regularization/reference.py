"""Consistency regularization: two views of an unlabelled example get the same prediction.

Sources: the Π-model, Laine and Aila, 2016, https://arxiv.org/abs/1610.02242, section 2.1; the
averaged teacher, Tarvainen and Valpola, 2017, https://arxiv.org/abs/1703.01780, section 2.

    L_unlabelled = mean_u |p(x_u') - p(x_u'')|² / K      x', x'' two alterations of the same input
    θ'_t = a θ'_{t-1} + (1 - a) θ_t                      a teacher that sees x'' in θ's place
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def consistency_loss(logits: Tensor, target_logits: Tensor) -> Tensor:
    """Return the mean squared difference of two predictions' probabilities, a scalar.

    Args:
        logits: (n, classes) scores of one view.
        target_logits: (n, classes) scores of the other; no gradient flows to them.
    """
    target = torch.softmax(target_logits.detach(), dim=1)
    return F.mse_loss(torch.softmax(logits, dim=1), target)


class MeanTeacher(nn.Module):
    """A student, and a teacher whose parameters are the running mean of the student's.

    In training mode the student answers, in evaluation mode the teacher.

    Args:
        student: The network to train; its output must depend on parameters and buffers alone.
        decay: a, share of the teacher that a step keeps; in [0, 1). 0 makes it the student.

    Raises:
        ValueError: If `decay` is out of its range.
    """

    steps: Tensor

    def __init__(self, student: nn.Module, decay: float = 0.99) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be at least 0 and below 1. Got {decay}.")
        super().__init__()
        self.student = student
        self.teacher = copy.deepcopy(student).requires_grad_(False)
        self.decay = decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, ...) to (n, classes)."""
        return (self.student if self.training else self.teacher)(x)  # type: ignore[no-any-return]

    @torch.no_grad()
    def update(self) -> None:
        """Move the teacher towards the student; call it once a step.

        Early on it is the plain mean of all students, as the first one knows nothing yet.
        """
        self.steps += 1
        decay = torch.clamp(1 - 1 / (self.steps + 1), max=self.decay)  # a
        for mean, new in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
            mean.mul_(decay).add_((1 - decay) * new)  # θ'_t
        for kept, latest in zip(self.teacher.buffers(), self.student.buffers(), strict=True):
            kept.copy_(latest)
