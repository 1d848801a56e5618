"""Regularization: a preference for small and smooth functions, added to the loss.

    L'(θ) = L(θ) + λ Ω(f_θ)                 Ω does not look at the targets

Small functions have small parameters: `l1_penalty` with Ω = Σ |θ| and `l2_penalty` with Ω = ½ Σ θ²,
folders of their own. Smooth functions change little where the input does (Drucker and Le Cun, 1992,
https://doi.org/10.1109/72.165600, who penalize the loss's gradient; here it is the outputs'):

    Ω = mean over x of ‖∂f/∂x‖²_F = E_v ‖∂(v·f)/∂x‖²        v of random signs, one each output

The right side needs one backward pass instead of one for each output, and is right in the mean.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from catalog.loss.l1_penalty.reference import l1_penalty
from catalog.loss.l2_penalty.reference import l2_penalty

__all__ = ["l1_penalty", "l2_penalty", "roughness"]


def roughness(
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    weight: float = 1e-3,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the penalty on the slope of a function, a scalar to add to the loss.

    An example's outputs must not depend on the others of its batch: no batch normalization in
    training mode.

    Args:
        f: Maps (n, ...) to (n, outputs), differentiable.
        x: (n, ...) floating-point inputs.
        weight: λ; at least 0, and 0 for none.
        generator: Draws v; torch's own if None.

    Raises:
        ValueError: If `weight` is out of its range.
    """
    if not weight >= 0:
        raise ValueError(f"weight must be at least 0. Got {weight}.")
    x = x.detach().requires_grad_()
    with sdpa_kernel(SDPBackend.MATH):  # torch's fused attention has no second derivative
        outputs = f(x)
    v = 2 * torch.empty_like(outputs).bernoulli_(0.5, generator=generator) - 1  # -1 or 1, (n, K)
    (slope,) = torch.autograd.grad((v.detach() * outputs).sum(), x, create_graph=True)  # like x
    return weight * slope.pow(2).flatten(1).sum(1).mean()
