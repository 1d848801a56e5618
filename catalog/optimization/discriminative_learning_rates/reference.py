"""Discriminative learning rates: each layer further from the output learns more slowly.

Source: Howard and Ruder, 2018, https://arxiv.org/abs/1801.06146, sections 3.2 and 3.3.

    θ_t^l = θ_{t-1}^l - η^l ∇_{θ^l} J(θ)            layer l has a rate of its own
    η^{l-1} = η^l / 2.6                             from the last layer downwards
    gradual unfreezing: layers L, ..., L - e learn in epoch e = 0, 1, ...
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from torch import nn

Named = tuple[str, nn.Parameter]


def layers_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that own parameters, in the order of the names.

    That is the order in which a network registers its layers: as a rule, from input to output.

    Args:
        names: Of parameters, such as `body.0.weight`.
    """
    return tuple(dict.fromkeys(name.rpartition(".")[0] for name in names))


def layer_factors(names: Iterable[str], divisor: float = 2.6) -> dict[str, float]:
    """Return each parameter's factor on the learning rate, η^l / η^L.

    Args:
        names: Of the parameters, from input to output.
        divisor: Of the rate from each layer to the one before it; above 0, and 1 for one rate.

    Raises:
        ValueError: If `divisor` is out of its range.
    """
    if not 0 < divisor < math.inf:
        raise ValueError(f"divisor must be above 0. Got {divisor}.")
    names = list(names)
    layers = layers_of(names)
    last = len(layers) - 1  # L
    return {
        name: divisor ** (layers.index(name.rpartition(".")[0]) - last)  # 2.6^-(L - l)
        for name in names
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


def learning_layers(layers: tuple[str, ...], epoch: int, epochs_per_layer: int = 1) -> set[str]:
    """Return the layers that are unfrozen in an epoch.

    Args:
        layers: From input to output.
        epoch: e, from 0.
        epochs_per_layer: Epochs before the next layer joins; at least 1.

    Raises:
        ValueError: If `epochs_per_layer` is out of its range.
    """
    if epochs_per_layer < 1:
        raise ValueError(f"epochs_per_layer must be at least 1. Got {epochs_per_layer}.")
    return set(layers[max(0, len(layers) - 1 - epoch // epochs_per_layer) :])
