"""L2 penalty: half the squared length of the parameters, added to the loss.

Source: Hoerl and Kennard, 1970, https://doi.org/10.1080/00401706.1970.10488634, for linear models;
Krogh and Hertz, 1991, equation 2, for networks.

    L'(θ) = L(θ) + λ/2 Σ θ²
    ∂L'/∂θ = ∂L/∂θ + λ θ                    a pull towards 0, the stronger the larger θ

The half makes λ the number that torch's optimizers call weight_decay.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def l2_penalty(parameters: Iterable[Tensor], weight: float = 1e-4) -> Tensor:
    """Return the penalty, a scalar to add to the loss; 0 without parameters.

    Args:
        parameters: Tensors of any shapes.
        weight: λ; at least 0, and 0 for none.

    Raises:
        ValueError: If `weight` is out of its range.
    """
    if not weight >= 0:
        raise ValueError(f"weight must be at least 0. Got {weight}.")
    squares = [parameter.square().sum() for parameter in parameters]
    return weight / 2 * torch.stack(squares).sum() if squares else torch.zeros(())
