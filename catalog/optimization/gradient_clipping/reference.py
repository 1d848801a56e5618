"""Gradient clipping: a gradient that is too long is cut to a set length before the step.

By norm: Pascanu, Mikolov and Bengio, 2012, https://arxiv.org/abs/1211.5063, algorithm 1.
Adaptive: Brock et al., 2021, https://arxiv.org/abs/2102.06171, equation 3.

    g ← g · c / ‖g‖    if ‖g‖ > c                        by norm: ‖g‖ over all parameters together
    g_j ← min(max(g_j, -c), c)                           by value: each entry, which turns g
    G_i ← G_i · λ ‖W_i‖* / ‖G_i‖    if ‖G_i‖ > λ ‖W_i‖*  adaptive: each unit i, with W_i its weights
    ‖W_i‖* = max(‖W_i‖, ε)
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


@torch.no_grad()
def clip_by_norm(parameters: Iterable[Tensor], max_norm: float = 1.0) -> Tensor:
    """Shrink all gradients by one factor, so that their joint norm is at most `max_norm`.

    A norm that is not finite leaves the gradients as they are: nothing can be told of the right
    length, and the caller may want to leave the step out.

    Args:
        parameters: Tensors with `grad`; those without a gradient are passed over.
        max_norm: c, at least 0.

    Returns:
        The norm before, a scalar; 0 without gradients.

    Raises:
        ValueError: If `max_norm` is out of its range.
    """
    _check("max_norm", max_norm)
    gradients = _gradients(parameters)
    if not gradients:
        return torch.zeros(())
    norm = torch.stack([g.pow(2).sum() for g in gradients]).sum().sqrt()  # ‖g‖
    if norm.isfinite() and norm > max_norm:
        for g in gradients:
            g.mul_(max_norm / norm)  # g · c / ‖g‖
    return norm


@torch.no_grad()
def clip_by_value(parameters: Iterable[Tensor], max_value: float) -> None:
    """Cut each entry of each gradient to at most `max_value` in size.

    Args:
        parameters: Tensors with `grad`; those without a gradient are passed over.
        max_value: c, at least 0.

    Raises:
        ValueError: If `max_value` is out of its range.
    """
    _check("max_value", max_value)
    for g in _gradients(parameters):
        g.clamp_(-max_value, max_value)


@torch.no_grad()
def clip_adaptively(
    parameters: Iterable[Tensor], max_ratio: float = 0.01, eps: float = 1e-3
) -> None:
    """Shrink the gradient of each unit to at most `max_ratio` times the norm of its weights.

    A unit is a row of a matrix, a filter of a convolution, or all of a vector. The paper leaves out
    the last linear layer; do so by not passing its parameters.

    Args:
        parameters: Tensors with `grad`; those without a gradient are passed over.
        max_ratio: λ, at least 0.
        eps: ε, the least norm that weights are taken to have, so that weights that start at zero
            can move; at least 0.

    Raises:
        ValueError: If a setting is out of its range.
    """
    _check("max_ratio", max_ratio)
    _check("eps", eps)
    for p in parameters:
        if p.grad is None:
            continue
        limit = max_ratio * _unit_norms(p).clamp(min=eps)  # λ ‖W_i‖*, (units, 1, ...)
        norm = _unit_norms(p.grad)  # ‖G_i‖, (units, 1, ...)
        p.grad.copy_(torch.where(norm > limit, p.grad * (limit / norm), p.grad))


def _unit_norms(tensor: Tensor) -> Tensor:
    """Return the norm of each unit, in a shape that broadcasts against the tensor."""
    if tensor.dim() < 2:
        return tensor.pow(2).sum().sqrt()
    return tensor.pow(2).sum(tuple(range(1, tensor.dim())), keepdim=True).sqrt()


def _gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in parameters if p.grad is not None]


def _check(name: str, value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{name} must be at least 0. Got {value}.")
