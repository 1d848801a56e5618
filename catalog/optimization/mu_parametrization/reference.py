"""Maximal update parametrization: start and rates that let every width learn equally fast.

Source: Yang et al., 2022, https://arxiv.org/abs/2203.03466, table 3. With n the number of inputs
that grows with the width, and m = n / n_base how far it has grown beyond a base network's:

                    input weights, biases    hidden weights    output weights
    Var[start]      as usual                 1 / n             1 / n²
    rate of Adam    η                        η / m             η / m
    rate of SGD     η m_out                  η                 η / m

Input weights are those whose inputs do not grow, output weights those whose outputs do not; m_out
is how far the outputs have grown. The usual start has variance 1 / n, so that only the output
weights' has to be changed, by 1 / m. Attention, which has to divide its logits by the width of a
head instead of its root (definition 4.1), is up to the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import nn

from catalog.optimization.initialization.reference import LAYERS

OPTIMIZERS = ("adam", "sgd")


class Factors(NamedTuple):
    """Factors on a parameter's values at the start, and on its learning rate."""

    start: float
    lr: float


def mup_factors(
    shape: tuple[int, ...],
    base_shape: tuple[int, ...],
    has_inputs: bool = True,
    optimizer: str = "adam",
) -> Factors:
    """Return the factors of one parameter.

    Args:
        shape: (outputs, inputs, ...) of a weight, (outputs,) of a bias.
        base_shape: Its shape in the base network.
        has_inputs: Whether the second axis counts inputs, as it does not in an embedding.
        optimizer: `adam` for those that divide by the gradient's size, `sgd` for those that do not.

    Raises:
        ValueError: If the numbers of axes differ, or the optimizer is not known.
    """
    if len(shape) != len(base_shape):
        raise ValueError(f"base_shape must have {len(shape)} axes. Got {base_shape}.")
    if optimizer not in OPTIMIZERS:
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}. Got {optimizer!r}.")
    grown = [side / base for side, base in zip(shape, base_shape, strict=True)]
    m_out, m = (*grown, 1.0)[:2] if grown else (1.0, 1.0)
    if m_out != 1 and m != 1:  # hidden
        return Factors(1.0, 1 / m if optimizer == "adam" else 1.0)
    if m != 1 and has_inputs:  # output
        return Factors(m**-0.5, 1 / m)
    return Factors(1.0, 1.0 if optimizer == "adam" else m_out * m)  # input, bias, gain, embedding


def network_factors(
    model: nn.Module, base: nn.Module, optimizer: str = "adam"
) -> dict[str, Factors]:
    """Return the factors of each parameter of a network, by name.

    Args:
        model: The network to train.
        base: The same network at the width on which the learning rate was found.
        optimizer: `adam` or `sgd`.

    Raises:
        ValueError: If the base has no parameter of that name, or as `mup_factors` does.
    """
    shapes = {name: tuple(p.shape) for name, p in base.named_parameters()}
    layers = {name for name, module in model.named_modules() if isinstance(module, LAYERS)}
    factors = {}
    for name, parameter in model.named_parameters():
        if name not in shapes:
            raise ValueError(f"base must have all parameters of the network. It has no {name!r}.")
        has_inputs = name.rpartition(".")[0] in layers
        factors[name] = mup_factors(tuple(parameter.shape), shapes[name], has_inputs, optimizer)
    return factors


@torch.no_grad()
def scale_start(model: nn.Module, factors: Mapping[str, float]) -> None:
    """Multiply parameters by factors, in place; those without one stay.

    Args:
        model: A network as it is usually initialized, with variances of 1 / n.
        factors: By the parameter's name.
    """
    for name, parameter in model.named_parameters():
        parameter.mul_(factors.get(name, 1.0))
