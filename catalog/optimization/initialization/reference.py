"""Initialization: a random start whose scale keeps signals at their size from layer to layer.

Sources: Glorot and Bengio, 2010, https://proceedings.mlr.press/v9/glorot10a.html, section 4.2.1;
He et al., 2015, https://arxiv.org/abs/1502.01852, equations 7 and 8.

    y_l = W_l x_l + b_l,  x_l = f(y_{l-1})          a layer with n_l inputs, and its activation f
    Var[y_l] = n_l Var[w_l] E[x_l²]                 for independent weights of mean 0, and b_l = 0
    E[x_l²] = Var[y_{l-1}] / g²                     what f leaves: g is its gain

    Var[w_l] = g² / n_l                             then Var[y_l] = Var[y_{l-1}] at any depth

The rules of this family differ in the n that they take and in the distribution they draw from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""The layers whose weights are (outputs, inputs, ...)."""


def fans(weight: Tensor) -> tuple[int, int]:
    """Return how many inputs each output of a layer sums, and how many outputs each input feeds.

    Args:
        weight: (outputs, inputs), or (outputs, inputs, ...) for a convolution with kernel (...).

    Raises:
        ValueError: If it has fewer than two dimensions.
    """
    if weight.dim() < 2:
        raise ValueError(f"weight must have at least 2 dimensions. Got {weight.dim()}.")
    kernel = math.prod(weight.shape[2:])
    return weight.shape[1] * kernel, weight.shape[0] * kernel


def gain(activation: str, negative_slope: float = 0.01) -> float:
    """Return the usual gain g of an activation function.

    Args:
        activation: `linear`, `sigmoid`, `tanh`, `relu`, `leaky_relu` or `selu`. That of ReLU and
            leaky ReLU follows from E[f(y)²]; those of tanh, sigmoid and SELU are conventions.
        negative_slope: Of `leaky_relu`.

    Raises:
        ValueError: If the activation is not known.
    """
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + negative_slope**2)),
        "selu": 3 / 4,
    }
    if activation not in gains:
        raise ValueError(f"activation must be one of {', '.join(gains)}. Got {activation!r}.")
    return gains[activation]


def gain_of(model: nn.Module) -> float:
    """Return the gain of the first activation module that a network holds.

    A network without one most often calls ReLU as a function, so it gets ReLU's.
    """
    for module in model.modules():
        if isinstance(module, nn.Tanh):
            return gain("tanh")
        if isinstance(module, nn.Sigmoid):
            return gain("sigmoid")
        if isinstance(module, nn.SELU):
            return gain("selu")
        if isinstance(module, nn.LeakyReLU):
            return gain("leaky_relu", module.negative_slope)
    return gain("relu")


@torch.no_grad()
def initialize(model: nn.Module, fill: Callable[[Tensor], Any]) -> None:
    """Draw the weights of every linear and convolution layer anew, in place; biases become 0.

    Args:
        model: Any network; norms, embeddings and recurrent layers are left as they are.
        fill: Writes new values into a weight (outputs, inputs, ...).
    """
    for module in model.modules():
        if not isinstance(module, LAYERS):
            continue
        weight = torch.empty_like(module.weight)
        fill(weight)
        if parametrize.is_parametrized(module, "weight"):
            module.weight = weight  # by the parametrization's inverse
        else:
            module.weight.copy_(weight)
        if module.bias is not None:
            module.bias.zero_()


def normal_(weight: Tensor, std: float = 0.01, generator: torch.Generator | None = None) -> Tensor:
    """Fill a weight from N(0, std²), whatever its shape: the start that the rules replace.

    Args:
        weight: Any shape; changed in place and returned.
        std: Standard deviation; at least 0.
        generator: To draw from.

    Raises:
        ValueError: If `std` is below 0.
    """
    if not std >= 0:
        raise ValueError(f"std must be at least 0. Got {std}.")
    with torch.no_grad():
        return weight.normal_(0, std, generator=generator)
