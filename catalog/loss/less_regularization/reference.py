"""Less regularization: turn down what keeps a network from fitting its training set.

As Ng, 2018, Machine Learning Yearning, chapter 25, advises for a training error that is too high.

    p ← c p                                 of each dropout
    λ ← c λ                                 weight decay of each group of the optimizer
    ε ← c ε                                 label smoothing of the loss

with c from 0, for none, to 1, for what there is. Penalties and augmentation stand in the training
loop; leave them out there.
"""

from __future__ import annotations

import torch
from torch import nn


def reduce_dropout(model: nn.Module, factor: float = 0.0) -> int:
    """Multiply the probability of every dropout in a network.

    Recognized are modules that are called a dropout and have a `p`, and the dropout within torch's
    attention and recurrent layers.

    Args:
        model: Is changed.
        factor: c, from 0 to 1.

    Returns:
        How many dropouts were above 0.

    Raises:
        ValueError: If `factor` is out of its range.
    """
    _check(factor)
    count = 0
    for module in model.modules():
        if isinstance(module, nn.MultiheadAttention | nn.RNNBase):
            name = "dropout"
        elif "dropout" in type(module).__name__.lower():
            name = "p"
        else:
            continue
        p = getattr(module, name, 0.0)
        if p > 0:
            setattr(module, name, factor * p)
            count += 1
    return count


def reduce_weight_decay(optimizer: torch.optim.Optimizer, factor: float = 0.0) -> int:
    """Multiply the weight decay of every group of an optimizer.

    Args:
        optimizer: Is changed.
        factor: c, from 0 to 1.

    Returns:
        How many groups had a decay above 0.

    Raises:
        ValueError: If `factor` is out of its range.
    """
    _check(factor)
    count = 0
    for group in optimizer.param_groups:
        if group.get("weight_decay", 0.0) > 0:
            group["weight_decay"] *= factor
            count += 1
    return count


def reduce_label_smoothing(loss: nn.Module, factor: float = 0.0) -> int:
    """Multiply the label smoothing of a loss.

    Args:
        loss: Is changed: torch's cross-entropy, or modules that hold some.
        factor: c, from 0 to 1.

    Returns:
        How many smoothings were above 0.

    Raises:
        ValueError: If `factor` is out of its range.
    """
    _check(factor)
    count = 0
    for module in loss.modules():
        smoothing = getattr(module, "label_smoothing", 0.0)
        if smoothing > 0:
            module.label_smoothing = factor * smoothing  # type: ignore[assignment]
            count += 1
    return count


def _check(factor: float) -> None:
    if not 0 <= factor <= 1:
        raise ValueError(f"factor must be from 0 to 1. Got {factor}.")
