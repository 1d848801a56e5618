"""Architecture from domain knowledge: a known symmetry, built into any network by averaging.

Source: Bronstein et al., 2021, https://arxiv.org/abs/2104.13478, section 3. Averages over a group:
Yarotsky, 2018, https://arxiv.org/abs/1804.10306, section 2.

For a group G of transformations that leave the answer as it is,

    f̄(x) = 1/|G| Σ_g f(g x)                 is invariant: f̄(h x) = f̄(x) for every h in G
    W̄ = 1/|G| Σ_g g⁻¹ W g                   is equivariant: W̄ h x = h W̄ x

For the moves around a circle the second gives a matrix whose rows are the same filter, moved: a
convolution is what is left of a linear layer that has to treat all positions alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Transform = Callable[[Tensor], Tensor]
"""Takes examples (n, ...) to transformed ones of the same shape."""


class Invariant(nn.Module):
    """A network whose output is the mean over transformed inputs.

    Args:
        network: f, any module (n, ...) -> (n, outputs).
        group: Every g of G, the identity included. A set that is no group leaves the output nearly
            invariant only.

    Raises:
        ValueError: If there is no transformation.
    """

    def __init__(self, network: nn.Module, group: Sequence[Transform]) -> None:
        if not group:
            raise ValueError("group must hold at least one transformation. Got none.")
        super().__init__()
        self.network = network
        self.group = tuple(group)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, ...) to (n, outputs)."""
        copies = torch.cat([g(x) for g in self.group])  # (|G| n, ...)
        outputs: Tensor = self.network(copies)
        return outputs.view(len(self.group), len(x), *outputs.shape[1:]).mean(0)  # f̄(x)


def equivariant_part(weight: Tensor, group: Tensor) -> Tensor:
    """Return the part of a square matrix that commutes with permutations.

    Args:
        weight: W, (n, n).
        group: (|G|, n) permutations: g x = x[group[g]].

    Returns:
        W̄, (n, n), the nearest matrix that commutes with all of G.

    Raises:
        ValueError: If the sizes differ.
    """
    n = group.shape[1]
    if weight.shape != (n, n):
        raise ValueError(f"weight must be {n} by {n}. Got {tuple(weight.shape)}.")
    g = torch.eye(n, dtype=weight.dtype, device=weight.device)[group]  # (|G|, n, n) matrices
    return (g.mT @ weight @ g).mean(0)  # a permutation's inverse is its transpose
