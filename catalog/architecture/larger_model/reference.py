"""Larger model: a wider or deeper network can compute all that the smaller one can, and more.

Source: Net2Net, Chen, Goodfellow and Shlens, 2015, https://arxiv.org/abs/1511.05641, section 2. It
turns a network into a larger one with the same function, which can then be trained further.

    wider:  units of a hidden layer are copied; the weights that read a unit with c copies are
            divided by c:   Σ_copies (w / c) h = w h
    deeper: a new layer starts as the identity, which ReLU leaves: relu(I relu(x)) = relu(x)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def scaled_width(width: int, factor: float) -> int:
    """Return a width times a factor, rounded, at least 1.

    Raises:
        ValueError: If the factor is not above 0.
    """
    if not factor > 0:
        raise ValueError(f"factor must be above 0. Got {factor}.")
    return max(1, round(width * factor))


def wider(
    first: nn.Linear, second: nn.Linear, width: int, generator: torch.Generator | None = None
) -> tuple[nn.Linear, nn.Linear]:
    """Return two layers with more units between them and the same function.

    Copies stay equal in training unless something tells them apart: dropout, or noise added to the
    weights.

    Args:
        first: The layer whose outputs, after any function of each unit by itself, ...
        second: ... are the inputs of this one.
        width: Units between them; at least as many as now.
        generator: Draws which units are copied.

    Raises:
        ValueError: If `width` is smaller than now, or the layers do not fit.
    """
    now = first.out_features
    if second.in_features != now:
        raise ValueError(
            f"second must read the {now} outputs of first. Got {second.in_features} inputs."
        )
    if width < now:
        raise ValueError(f"width must be at least {now}. Got {width}.")
    copied = torch.randint(0, now, (width - now,), generator=generator)
    source = torch.cat([torch.arange(now), copied]).to(first.weight.device)  # g(j) in the paper
    copies = torch.bincount(source, minlength=now)[source]  # c, for each new unit
    bias = None if first.bias is None else first.bias.detach()[source]
    rest = None if second.bias is None else second.bias.detach()
    return (
        _linear(first.weight.detach()[source], bias),
        _linear(second.weight.detach()[:, source] / copies, rest),
    )


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """Return a layer with these weights (outputs, inputs)."""
    layer = nn.Linear(
        weight.shape[1],
        weight.shape[0],
        bias=bias is not None,
        device=weight.device,
        dtype=weight.dtype,
    )
    layer.weight.data.copy_(weight)
    if bias is not None:
        layer.bias.data.copy_(bias)
    return layer


def deeper(width: int, device: torch.device | str | None = None) -> nn.Linear:
    """Return a layer that starts as the identity, for behind a ReLU and before another.

    Args:
        width: Inputs and outputs.
        device: Where.
    """
    layer = nn.Linear(width, width, device=device)
    nn.init.eye_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
