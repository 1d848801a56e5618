"""Data cleaning: examples whose labels a network that did not see them contradicts, and copies.

Source: Northcutt, Jiang and Chuang, 2019, https://arxiv.org/abs/1911.00068, section 3: confident
learning.

    t_j = mean of p_j over the examples labelled j          how sure the network is of class j
    j*(i) = argmax of p_j over the j with p_j ≥ t_j         what example i surely is, if anything
    i is a label issue if j*(i) exists and is not its label

p are predictions for examples that the network was not trained on, by cross-validation.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def fold_numbers(count: int, folds: int, generator: torch.Generator) -> Tensor:
    """Return the fold that each example belongs to, (count,), in draws of about one size.

    Args:
        count: Examples.
        folds: Folds, from 2 to `count`.
        generator: Draws.

    Raises:
        ValueError: If `folds` is out of its range.
    """
    if not 2 <= folds <= count:
        raise ValueError(f"folds must be from 2 to {count}. Got {folds}.")
    return torch.randperm(count, generator=generator) % folds


def label_issues(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return which labels are contradicted by a sure prediction, (n,) booleans.

    Args:
        probabilities: (n, classes) p, each for an example that was not trained on.
        labels: (n,) class numbers as given.

    Raises:
        ValueError: If the probabilities are not finite.
    """
    if not torch.isfinite(probabilities).all():
        raise ValueError("probabilities must be finite. Got NaN or infinity.")
    classes = probabilities.shape[1]
    threshold = torch.full((classes,), math.inf, dtype=probabilities.dtype)
    for j in range(classes):
        own = probabilities[labels == j, j]
        if len(own):
            threshold[j] = own.mean()  # t_j
    sure = torch.where(probabilities >= threshold, probabilities, -1.0)  # (n, K)
    largest, guess = sure.max(1)  # j*, (n,)
    return (largest >= 0) & (guess != labels)


def by_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the examples in the order in which to look at them, (n,): the largest loss first.

    Args:
        logits: (n, classes), each for an example that was not trained on.
        labels: (n,) class numbers as given.
    """
    losses = -torch.log_softmax(logits, 1).gather(1, labels[:, None])[:, 0]  # (n,)
    return losses.argsort(descending=True, stable=True)


def duplicates(x: Tensor) -> Tensor:
    """Return which examples are exact copies of an earlier one, (n,) booleans.

    Args:
        x: (n, ...) inputs.
    """
    seen: set[tuple[float, ...]] = set()
    is_copy = []
    for row in x.flatten(1).tolist():
        key = tuple(row)
        is_copy.append(key in seen)
        seen.add(key)
    return torch.tensor(is_copy, device=x.device)
