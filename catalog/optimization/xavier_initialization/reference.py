"""Xavier (Glorot) initialization: a compromise between keeping activations and keeping gradients.

Source: Glorot and Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html, section 4.2.1.

    n_i Var[W_i] = 1                        keeps the activations of linear layers (eq. 10)
    n_{i+1} Var[W_i] = 1                    keeps the gradients on their way back (eq. 11)
    Var[W_i] = 2 / (n_i + n_{i+1})          in between (eq. 12)
    W ~ U[-√6/√(n_i + n_{i+1}), +...]       the same variance, uniform (eq. 16)

A gain g, which the paper does not have, multiplies the standard deviation.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from catalog.optimization.initialization.reference import fans


def xavier_std(weight: Tensor, gain: float = 1.0) -> float:
    """Return the standard deviation of a layer's weights.

    Args:
        weight: (outputs, inputs, ...).
        gain: g, at least 0: 1 for linear units and for sigmoid, 5/3 is usual for tanh.

    Raises:
        ValueError: If `gain` is below 0, or the weight has fewer than two dimensions.
    """
    if not gain >= 0:
        raise ValueError(f"gain must be at least 0. Got {gain}.")
    return gain * math.sqrt(2 / sum(fans(weight)))  # eq. 12


def xavier_normal_(
    weight: Tensor, gain: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Fill a weight (outputs, inputs, ...) from the normal distribution, in place, and return it.

    The arguments and errors are those of `xavier_std`; `generator` is drawn from.
    """
    std = xavier_std(weight, gain)
    with torch.no_grad():
        return weight.normal_(0, std, generator=generator)


def xavier_uniform_(
    weight: Tensor, gain: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Fill a weight (outputs, inputs, ...) from the uniform distribution, in place, and return it.

    The arguments and errors are those of `xavier_std`; `generator` is drawn from.
    """
    bound = math.sqrt(3) * xavier_std(weight, gain)  # eq. 16
    with torch.no_grad():
        return weight.uniform_(-bound, bound, generator=generator)
