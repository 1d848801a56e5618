"""More data: what is to be expected of it, before it is paid for.

Source: Hestness et al., 2017, https://arxiv.org/abs/1712.00409, section 3.

    ε(m) = α m^β + γ            loss after training on m examples; β < 0, γ cannot be learned away

Train on a half, a quarter and so on of the data, and read α and β off the losses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch


class LearningCurve(NamedTuple):
    """The power law ε(m) = α m^β + γ.

    Attributes:
        alpha: α, the reducible loss of one example.
        beta: β, the slope in logarithms; negative where data help.
        floor: γ, the loss that no number of examples removes.
    """

    alpha: float
    beta: float
    floor: float

    def loss(self, examples: float) -> float:
        """Return ε(m), the loss expected after training on m examples."""
        return float(self.alpha * examples**self.beta + self.floor)

    def examples(self, loss: float) -> float:
        """Return the m at which a loss is expected, infinite if it is out of reach."""
        if loss <= self.floor or self.beta >= 0:
            return math.inf
        return float(((loss - self.floor) / self.alpha) ** (1 / self.beta))


def fit_learning_curve(
    examples: Sequence[float], losses: Sequence[float], floor: float = 0.0
) -> LearningCurve:
    """Fit the power law by least squares in logarithms.

    Args:
        examples: m, at least two different sizes of the training set.
        losses: ε(m), the validation loss of each; above `floor`.
        floor: γ, the loss of the best possible predictor, if it is known.

    Raises:
        ValueError: If the sizes or the losses do not allow a fit.
    """
    if len(examples) != len(losses) or len(set(examples)) < 2 or not min(examples) > 0:
        raise ValueError(
            "examples must be at least two different sizes above 0, one for each loss."
            f" Got {tuple(examples)}."
        )
    if not all(floor < loss < math.inf for loss in losses):
        raise ValueError(f"losses must be above the floor {floor}. Got {tuple(losses)}.")
    log_m = torch.tensor(examples, dtype=torch.float64).log()  # (k,)
    log_gap = (torch.tensor(losses, dtype=torch.float64) - floor).log()  # log(ε - γ), (k,)
    centred = log_m - log_m.mean()
    beta = float((centred * log_gap).sum() / centred.square().sum())
    return LearningCurve(float(torch.exp(log_gap.mean() - beta * log_m.mean())), beta, floor)
