"""Shuffling: the order in which an epoch visits the examples.

Source of the permutation: Fisher and Yates, by Durstenfeld, 1964,
https://doi.org/10.1145/364520.364540. Why each epoch takes a new one: Bottou, 2012,
https://doi.org/10.1007/978-3-642-35289-8_25, and Gürbüzbalaban, Ozdaglar and Parrilo, 2015,
https://arxiv.org/abs/1510.08560.

    for i = n-1 ... 1:  j uniform on 0 ... i,  swap π_i and π_j      each π has probability 1/n!
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import torch
from torch import Tensor

Item = TypeVar("Item")


def permutation(count: int, generator: torch.Generator) -> Tensor:
    """Return a random order of 0 ... count - 1, (count,) int64: each example once an epoch.

    Args:
        count: n, at least 0.
        generator: Draws it; on its device.

    Raises:
        ValueError: If `count` is out of its range.
    """
    if not count >= 0:
        raise ValueError(f"count must be at least 0. Got {count}.")
    uniform = torch.rand(count, generator=generator, device=generator.device, dtype=torch.float64)
    order = list(range(count))
    for i, u in zip(range(count - 1, 0, -1), uniform.tolist(), strict=False):
        j = int(u * (i + 1))  # uniform on 0 ... i
        order[i], order[j] = order[j], order[i]
    return torch.tensor(order, dtype=torch.int64, device=generator.device)


def draws(count: int, generator: torch.Generator) -> Tensor:
    """Return `count` independent draws from 0 ... count - 1: some examples twice, others never.

    Args:
        count: n, at least 1.
        generator: Draws them; on its device.

    Raises:
        ValueError: If `count` is out of its range.
    """
    if not count >= 1:
        raise ValueError(f"count must be at least 1. Got {count}.")
    return torch.randint(count, (count,), generator=generator, device=generator.device)


def buffered(stream: Iterable[Item], size: int, generator: torch.Generator) -> Iterator[Item]:
    """Shuffle a stream that does not fit into memory, by a buffer that is drawn from.

    No item comes out more than `size` - 1 places early, so that long blocks stay in order.

    Args:
        stream: The items in their stored order.
        size: Items held at once; 1 leaves the order, the length of the stream or more gives a
            uniform permutation.
        generator: Draws the places.

    Raises:
        ValueError: If `size` is out of its range.
    """
    if not size >= 1:
        raise ValueError(f"size must be at least 1. Got {size}.")
    held: list[Item] = []
    for item in stream:
        held.append(item)
        if len(held) == size:
            yield _taken(held, generator)
    while held:
        yield _taken(held, generator)


def _taken(held: list[Item], generator: torch.Generator) -> Item:
    """Remove a random item and return it."""
    place = torch.randint(len(held), (), generator=generator, device=generator.device)
    held[int(place)], held[-1] = held[-1], held[int(place)]
    return held.pop()
