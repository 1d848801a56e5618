"""Zero-initialized residual branches: a deep network begins as the identity.

Sources: the last layer or the last gain of a branch at zero, Goyal et al., 2017,
https://arxiv.org/abs/1706.02677, section 5.1; ReZero, Bachlechner et al., 2020,
https://arxiv.org/abs/2003.04887.

    y = x + F(x),   F(x) = 0 at the start   the last weights of F are zero
    y = x + α F(x), α = 0 at the start      ReZero, α learned, one for each branch

With one zero factor the gradient of that factor is not zero, ∂y/∂α = F(x), and it moves in the
first step. With two, as a zero layer before a ReLU or a gate of zero, none ever moves.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def zero_(layer: nn.Module) -> nn.Module:
    """Set weight and bias of a branch's last layer to zero, and return the layer.

    Args:
        layer: A linear layer, a convolution, or a normalization with a gain: its output must be
            what is added, with no activation in between.

    Raises:
        ValueError: If the layer has no weight.
    """
    weight = getattr(layer, "weight", None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"layer must have a weight. Got {type(layer).__name__}.")
    nn.init.zeros_(weight)
    bias = getattr(layer, "bias", None)
    if isinstance(bias, Tensor):
        nn.init.zeros_(bias)
    return layer


class Gate(nn.Module):
    """A learned factor at the end of a branch, whatever ends it.

    Args:
        start: α at the start; 0 is ReZero.
    """

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.tensor(float(start)))  # α

    def forward(self, branch: Tensor) -> Tensor:
        """Map F(x) of any shape to α F(x)."""
        return self.alpha * branch


class ReZero(nn.Module):
    """A residual block with a gate on its branch.

    Args:
        branch: F, a module that keeps the shape.
    """

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch
        self.gate = Gate()

    def forward(self, x: Tensor) -> Tensor:
        """Return x + α F(x)."""
        return x + self.gate(self.branch(x))  # type: ignore[no-any-return]
