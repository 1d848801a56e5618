"""Input noise: fresh normal noise on the inputs at every step.

Source: Bishop, 1995, https://doi.org/10.1162/neco.1995.7.1.108.

    x̃ = x + σ ε,  ε ~ Normal(0, 1)
    E ½|f(x̃) - t|² ≈ ½|f(x) - t|² + ½ σ² Σ_k |∇f_k(x)|²      for small σ, near a fit of the data
"""

from __future__ import annotations

import torch
from torch import Tensor


def add_noise(x: Tensor, sigma: float, generator: torch.Generator | None = None) -> Tensor:
    """Return inputs with noise of their own on every value.

    Args:
        x: (n, ...) real numbers.
        sigma: σ, the standard deviation in units of the inputs; at least 0, which adds nothing.
        generator: For what is drawn, on the device of `x`.

    Raises:
        ValueError: If `sigma` is negative or not finite.
    """
    if not 0 <= sigma < float("inf"):
        raise ValueError(f"sigma must be at least 0 and finite. Got {sigma}.")
    if sigma == 0:
        return x
    noise = torch.randn(x.shape, generator=generator, device=x.device, dtype=x.dtype)  # ε
    return x + sigma * noise  # x̃
