"""Kaiming (He) initialization: weights whose variance makes up for what a rectifier cuts off.

Source: He, Zhang, Ren and Sun, 2015, https://arxiv.org/abs/1502.01852, section 2.2.

    ½ n_l Var[w_l] = 1                      ReLU halves E[y²]; n_l inputs, forward (eq. 10)
    ½ n̂_l Var[w_l] = 1                      n̂_l outputs, for the gradient on its way back (eq. 14)
    ½ (1 + a²) n_l Var[w_l] = 1             with slope a below zero (eq. 15)

The paper draws from the normal distribution; a uniform one on ±√3 σ has the same variance.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from catalog.optimization.initialization.reference import fans, gain

MODES = ("fan_in", "fan_out")


def kaiming_std(weight: Tensor, negative_slope: float = 0.0, mode: str = "fan_in") -> float:
    """Return the standard deviation σ of a layer's weights.

    Args:
        weight: (outputs, inputs, ...).
        negative_slope: a, of the activation below zero: 0 is ReLU, 1 is linear.
        mode: `fan_in` keeps the size of activations, `fan_out` that of gradients.

    Raises:
        ValueError: If a setting is out of its range, or the weight has fewer than two dimensions.
    """
    if not math.isfinite(negative_slope):
        raise ValueError(f"negative_slope must be finite. Got {negative_slope}.")
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}. Got {mode!r}.")
    n = fans(weight)[MODES.index(mode)]  # n_l or n̂_l
    return gain("leaky_relu", negative_slope) / math.sqrt(n)  # eq. 15, solved for σ


def kaiming_normal_(
    weight: Tensor,
    negative_slope: float = 0.0,
    mode: str = "fan_in",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill a weight (outputs, inputs, ...) from N(0, σ²), in place, and return it.

    The arguments and errors are those of `kaiming_std`; `generator` is drawn from.
    """
    std = kaiming_std(weight, negative_slope, mode)
    with torch.no_grad():
        return weight.normal_(0, std, generator=generator)


def kaiming_uniform_(
    weight: Tensor,
    negative_slope: float = 0.0,
    mode: str = "fan_in",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill a weight (outputs, inputs, ...) uniformly from ±√3 σ, in place, and return it.

    The arguments and errors are those of `kaiming_std`; `generator` is drawn from.
    """
    bound = math.sqrt(3) * kaiming_std(weight, negative_slope, mode)
    with torch.no_grad():
        return weight.uniform_(-bound, bound, generator=generator)
