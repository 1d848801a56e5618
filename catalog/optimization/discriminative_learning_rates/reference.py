"""Discriminative learning rates: each layer further from the output learns more slowly.

Source: Howard and Ruder, 2018, https://arxiv.org/abs/1801.06146, sections 3.2 and 3.3.

    θ_t^l = θ_{t-1}^l - η^l ∇_{θ^l} J(θ)            layer l has a rate of its own
    η^{l-1} = η^l / 2.6                             from the last layer downwards
    gradual unfreezing: layers L, ..., L - e learn in epoch e = 0, 1, ...

The paper's network has five layers: an embedding, three recurrent layers and a classifier. The
first one's rate is η^L / 2.6⁴; through many more layers the same divisor all but freezes it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from torch import nn

Named = tuple[str, nn.Parameter]


def layers_of(named: Iterable[Named]) -> tuple[tuple[str, ...], ...]:
    """Return the names of each layer's parameters.

    A layer is a module with a weight matrix, or a numbered block of named modules, as all of
    `layers.3.attention` and `layers.3.norm`. What has no matrix, as a normalization, belongs to the
    layer before it, or to the first; so do parameters of the network itself, as a position's.

    Args:
        named: Pairs of name and parameter, in the order in which a network registers them: as a
            rule, from input to output.
    """
    layers: list[list[str]] = []
    is_whole = False  # whether the last layer has its matrix
    for owner, run in groupby(named, key=lambda pair: _owner(pair[0])):
        pairs = list(run)
        has_matrix = owner != "" and any(parameter.dim() > 1 for _, parameter in pairs)
        if not layers or (has_matrix and is_whole):
            layers.append([])
            is_whole = False
        layers[-1] += [name for name, _ in pairs]
        is_whole |= has_matrix
    return tuple(map(tuple, layers))


def _owner(name: str) -> str:
    """Return a parameter's numbered block, `layers.3` of `layers.3.norm.weight`, or its module."""
    module = name.rpartition(".")[0]
    block = re.match(r"(.*\d)\.\D", module)
    return block[1] if block else module


def layer_factors(named: Iterable[Named], divisor: float = 2.6) -> dict[str, float]:
    """Return each parameter's factor on the learning rate, η^l / η^L.

    Args:
        named: Pairs of name and parameter, from input to output.
        divisor: Of the rate from each layer to the one before it; above 0, and 1 for one rate.

    Raises:
        ValueError: If `divisor` is out of its range.
    """
    if not 0 < divisor < math.inf:
        raise ValueError(f"divisor must be above 0. Got {divisor}.")
    layers = layers_of(named)
    last = len(layers) - 1  # L
    return {
        name: divisor ** (index - last)  # 2.6^-(L - l)
        for index, layer in enumerate(layers)
        for name in layer
    }


def parameter_groups(
    named: Iterable[Named], lr: float, factors: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Return groups for an optimizer, one for each factor, the largest first.

    Args:
        named: Pairs of name and parameter.
        lr: η^L.
        factors: On the rate, by the parameter's name; 1 for a name that is missing.
    """
    groups: dict[float, list[Named]] = {}
    for name, parameter in named:
        groups.setdefault(factors.get(name, 1.0), []).append((name, parameter))
    return [{"params": groups[f], "lr": lr * f} for f in sorted(groups, reverse=True)]


def unfrozen(
    layers: Sequence[Sequence[str]], epoch: int, epochs_per_layer: int = 1
) -> frozenset[str]:
    """Return the names of the parameters that learn in an epoch.

    Args:
        layers: Names of each layer's parameters, from input to output.
        epoch: e, from 0.
        epochs_per_layer: Epochs before the next layer joins; at least 1.

    Raises:
        ValueError: If `epochs_per_layer` is out of its range.
    """
    if epochs_per_layer < 1:
        raise ValueError(f"epochs_per_layer must be at least 1. Got {epochs_per_layer}.")
    return frozenset().union(*layers[max(0, len(layers) - 1 - epoch // epochs_per_layer) :])
