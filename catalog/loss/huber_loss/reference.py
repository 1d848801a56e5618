"""Huber loss: quadratic for small errors and linear for large ones.

Source: Huber, 1964, https://doi.org/10.1214/aoms/1177703732, section 4. Smooth L1: Girshick, 2015,
https://arxiv.org/abs/1504.08083, equation 3.

    ρ(e) = e² / 2             where |e| ≤ δ
         = δ |e| - δ² / 2     elsewhere
    ρ'(e) = max(-δ, min(e, δ))
    smooth L1 = ρ(e) / β      with δ = β; |e| for β = 0
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Reduction = Literal["mean", "sum", "none"]


def huber_loss(
    outputs: Tensor, targets: Tensor, delta: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """Return the Huber loss.

    Args:
        outputs: Predictions, any shape.
        targets: The same shape.
        delta: δ, above 0, in units of the target: errors up to it are squared. Far above all
            errors it is half the squared error.
        reduction: `mean` over all values, `sum`, or `none` for one value each.

    Raises:
        ValueError: If `delta` is not above 0, `reduction` is unknown, or the shapes differ.
    """
    if not delta > 0:
        raise ValueError(f"delta must be above 0. Got {delta}.")
    size = _errors(outputs, targets, reduction)  # |e|
    # The quadratic is capped, so that the branch not taken cannot overflow.
    near = 0.5 * size.clamp(max=delta) ** 2
    losses = torch.where(size <= delta, near, delta * (size - 0.5 * delta))  # ρ(e)
    return _reduced(losses, reduction)


def smooth_l1_loss(
    outputs: Tensor, targets: Tensor, beta: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """Return the smooth L1 loss, the Huber loss divided by β.

    Args:
        outputs: Predictions, any shape.
        targets: The same shape.
        beta: β, at least 0, in units of the target; 0 for the absolute error.
        reduction: `mean` over all values, `sum`, or `none` for one value each.

    Raises:
        ValueError: If `beta` is below 0, `reduction` is unknown, or the shapes differ.
    """
    if not beta >= 0:
        raise ValueError(f"beta must be at least 0. Got {beta}.")
    if beta == 0:
        return _reduced(_errors(outputs, targets, reduction), reduction)
    return huber_loss(outputs, targets, beta, reduction) / beta


def _errors(outputs: Tensor, targets: Tensor, reduction: str) -> Tensor:
    """Return |e| if the arguments fit."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be mean, sum or none. Got {reduction}.")
    if outputs.shape != targets.shape:
        raise ValueError(
            f"targets must be of the outputs' shape {tuple(outputs.shape)}."
            f" Got {tuple(targets.shape)}."
        )
    return (outputs - targets).abs()


def _reduced(losses: Tensor, reduction: Reduction) -> Tensor:
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
