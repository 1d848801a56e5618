"""LoRA: a frozen weight matrix, and a trained change to it that has low rank.

Source: Hu et al., 2021, https://arxiv.org/abs/2106.09685, section 4.1.

    h = W₀ x + (α / r) B A x                (eq. 3), with W₀ fixed
    A: (r, d_in) ~ N(0, σ²),  B: (d_out, r) = 0           so that it starts as W₀ x
    W = W₀ + (α / r) B A                    merged after training: no cost in use

The paper leaves σ open; here it is 1/√d_in, which gives A x the size of x's entries.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from catalog.optimization.transfer_learning.reference import freeze, is_below


class LowRankLinear(nn.Module):
    """A linear layer that learns by a change of low rank.

    Args:
        layer: The trained layer, W₀ and its bias; frozen here.
        rank: r, at least 1 and at most the smaller side of W₀.
        alpha: α, the change is scaled by α / r; above 0. None for α = r.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(self, layer: nn.Linear, rank: int = 8, alpha: float | None = None) -> None:
        super().__init__()
        limit = min(layer.in_features, layer.out_features)
        if not 1 <= rank <= limit:
            raise ValueError(f"rank must be from 1 to {limit}. Got {rank}.")
        _check_alpha(alpha)
        self.layer = layer.requires_grad_(False)
        self.scale = 1.0 if alpha is None else alpha / rank
        weight = layer.weight
        self.a = nn.Parameter(weight.new_empty(rank, layer.in_features))
        self.b = nn.Parameter(weight.new_zeros(layer.out_features, rank))
        nn.init.normal_(self.a, std=layer.in_features**-0.5)

    @property
    def weight(self) -> Tensor:
        """The changed weight W, (d_out, d_in), for code that reads it past `forward`."""
        return self.layer.weight + self.scale * self.b @ self.a

    @property
    def bias(self) -> Tensor | None:
        """The frozen bias, (d_out,)."""
        return self.layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., d_in) to (..., d_out)."""
        low = x @ self.a.T  # (..., r)
        return self.layer(x) + self.scale * (low @ self.b.T)  # type: ignore[no-any-return]

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """Return a plain linear layer that computes the same."""
        layer = self.layer
        plain = nn.Linear(layer.in_features, layer.out_features, layer.bias is not None).to(
            layer.weight
        )
        plain.weight.copy_(self.weight)
        if layer.bias is not None:
            plain.bias.copy_(layer.bias)
        return plain


def adapt(
    model: nn.Module, rank: int = 8, alpha: float | None = None, except_for: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Freeze a network and give each of its linear layers a change of low rank, in place.

    Args:
        model: Any network. The layers of torch's own attention stay frozen.
        rank: r; a layer whose smaller side is below it gets that side.
        alpha: α.
        except_for: Names of modules that are trained as they are, such as a new head.

    Returns:
        The names of the layers that were wrapped.

    Raises:
        ValueError: If a setting is out of its range, or there is no linear layer within the
            network; it is then left as it was.
    """
    if rank < 1:
        raise ValueError(f"rank must be at least 1. Got {rank}.")
    _check_alpha(alpha)
    layers = {
        name: module
        for name, module in model.named_modules()
        if type(module) is nn.Linear and name and not is_below(name, except_for)
    }
    if not layers:
        raise ValueError(
            "model must have a linear layer within it, or be wrapped in LowRankLinear itself."
            f" Got {type(model).__name__}."
        )
    freeze(model, except_for)
    for name, layer in layers.items():
        limit = min(layer.in_features, layer.out_features)
        model.set_submodule(name, LowRankLinear(layer, min(rank, limit), alpha))
    return tuple(layers)


def _check_alpha(alpha: float | None) -> None:
    if alpha is not None and not 0 < alpha < math.inf:
        raise ValueError(f"alpha must be above 0. Got {alpha}.")


def merge(model: nn.Module) -> None:
    """Put plain layers that compute the same in the place of the adapted ones, in place."""
    for name, module in list(model.named_modules()):
        if isinstance(module, LowRankLinear):
            model.set_submodule(name, module.merged())
