"""Gradient accumulation: the gradient of a large batch, summed up over small ones.

As used by Ott et al., 2018, https://arxiv.org/abs/1806.00187, section 3.3, there across workers
and here one micro-batch after the other:

    ∇L_B = Σ_k (n_k / n) ∇L_k               B split into micro-batches k of n_k of its n examples

where L is a mean over examples. It holds as long as no example's outputs depend on the others in
its batch, so not with batch normalization.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
"""`(outputs, targets) -> scalar`, the mean over the examples."""


def accumulate_gradient(
    model: Callable[[Tensor], Tensor], loss: Loss, micro_batches: Sequence[tuple[Tensor, Tensor]]
) -> Tensor:
    """Add the gradient of the mean loss over all micro-batches to the parameters' gradients.

    Like `backward`, it adds to the gradients that are there: clear them after each step.

    Args:
        model: Maps inputs (n_k, ...) to outputs.
        loss: The mean loss of a batch.
        micro_batches: Pairs of inputs and targets; their sizes may differ.

    Returns:
        The mean loss over all examples, a scalar without a graph.

    Raises:
        ValueError: If there are no examples.
    """
    n = sum(len(x) for x, _ in micro_batches)
    if n == 0:
        raise ValueError("micro_batches must hold at least one example. Got none.")
    total = torch.zeros(())
    for x, y in micro_batches:
        share = loss(model(x), y) * (len(x) / n)  # (n_k / n) L_k
        share.backward()  # type: ignore[no-untyped-call]
        total = total.to(share.device) + share.detach()
    return total  # L_B
