"""Output-bias initialization: an untrained network that predicts what ignores the input best.

Sources: Karpathy, 2019, https://karpathy.github.io/2019/04/25/recipe/ ("init well"); Lin et al.,
2017, https://arxiv.org/abs/1708.02002, section 4.1 (initialization).

    b_k = log p_k,  p_k = (n_k + s) / (N + s K)     softmax over K classes, n_k of N examples
    b = log(p / (1 - p))                            one sigmoid; Lin et al. write -log((1 - π) / π)
    b = mean(y)                                     squared error

With small weights in the last layer the first loss is then the entropy of the class frequencies,
or the variance of the target. The pseudo-count s keeps a class without examples finite.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def log_prior(targets: Tensor, classes: int, pseudo_count: float = 1.0) -> Tensor:
    """Return the bias of a softmax layer.

    Args:
        targets: (n,) class numbers of the training set.
        classes: K.
        pseudo_count: s, added to every class's count; at least 0.

    Returns:
        (classes,) log frequencies; minus infinity for a class without examples if s is 0.

    Raises:
        ValueError: If `pseudo_count` is out of its range.
    """
    if not 0 <= pseudo_count < math.inf:
        raise ValueError(f"pseudo_count must be at least 0. Got {pseudo_count}.")
    counts = torch.bincount(targets, minlength=classes).double() + pseudo_count  # n_k + s
    return torch.log(counts / counts.sum())  # log p_k


def log_odds(frequency: float) -> float:
    """Return the bias of a sigmoid unit whose class has a frequency p between 0 and 1.

    Raises:
        ValueError: If `frequency` is out of its range.
    """
    if not 0 < frequency < 1:
        raise ValueError(f"frequency must be above 0 and below 1. Got {frequency}.")
    return math.log(frequency / (1 - frequency))


def mean_target(targets: Tensor) -> Tensor:
    """Return the bias of a layer that is trained by the squared error.

    Args:
        targets: (n, k) values of the training set.

    Returns:
        (k,) means.
    """
    return targets.double().mean(0)
