"""L1 penalty: the summed size of the parameters, added to the loss.

Sources: Tibshirani, 1996, https://doi.org/10.1111/j.2517-6161.1996.tb02080.x; the elastic net: Zou
and Hastie, 2005, https://doi.org/10.1111/j.1467-9868.2005.00503.x, here weighted as in
scikit-learn; the proximal step: Daubechies, Defrise and De Mol, 2004,
https://doi.org/10.1002/cpa.20042.

    L'(θ) = L(θ) + λ Σ |θ|
    ∂L'/∂θ = ∂L/∂θ + λ sign(θ)              a pull towards 0 of the same force for any size

    elastic net:    λ (ρ Σ |θ| + (1 - ρ)/2 Σ θ²)
    proximal step:  θ ← sign(θ) max(|θ| - η λ, 0)   after a step of rate η on L alone

A gradient step with the pull overshoots 0 and comes back; the proximal step ends on it.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from catalog.loss.l2_penalty.reference import l2_penalty


def l1_penalty(parameters: Iterable[Tensor], weight: float = 1e-4) -> Tensor:
    """Return the penalty, a scalar to add to the loss; 0 without parameters.

    Args:
        parameters: Tensors of any shapes.
        weight: λ; at least 0, and 0 for none.

    Raises:
        ValueError: If `weight` is out of its range.
    """
    if not weight >= 0:
        raise ValueError(f"weight must be at least 0. Got {weight}.")
    sizes = [parameter.abs().sum() for parameter in parameters]
    return weight * torch.stack(sizes).sum() if sizes else torch.zeros(())


def elastic_net(
    parameters: Iterable[Tensor], weight: float = 1e-4, l1_ratio: float = 0.5
) -> Tensor:
    """Return the penalty of the elastic net, a scalar to add to the loss.

    Args:
        parameters: Tensors of any shapes.
        weight: λ; at least 0, and 0 for none.
        l1_ratio: ρ from 0 to 1: 0 is the L2 penalty, 1 the L1 penalty.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 <= l1_ratio <= 1:
        raise ValueError(f"l1_ratio must be from 0 to 1. Got {l1_ratio}.")
    if not weight >= 0:
        raise ValueError(f"weight must be at least 0. Got {weight}.")
    tensors = list(parameters)
    first = l1_penalty(tensors, weight * l1_ratio)
    return first + l2_penalty(tensors, weight * (1 - l1_ratio))


@torch.no_grad()
def soft_threshold(parameters: Iterable[Tensor], amount: float) -> None:
    """Take the proximal step in place: move each entry towards 0, and not past it.

    Args:
        parameters: Tensors of any shapes.
        amount: η λ, how far; at least 0.

    Raises:
        ValueError: If `amount` is out of its range.
    """
    if not amount >= 0:
        raise ValueError(f"amount must be at least 0. Got {amount}.")
    for p in parameters:
        p.copy_(p.sign() * (p.abs() - amount).clamp(min=0))
