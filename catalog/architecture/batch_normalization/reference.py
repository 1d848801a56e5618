"""Batch normalization: every channel gets mean 0 and variance 1 over the batch.

Source: Ioffe and Szegedy, 2015, https://arxiv.org/abs/1502.03167, algorithms 1 and 2.

    μ = mean of x over the m values of a channel: examples, and positions if there are any
    σ² = mean of (x - μ)²
    y = γ (x - μ) / √(σ² + ε) + β

In evaluation running averages stand for μ and σ²; the one of the variance takes σ² m / (m - 1).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def batch_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance of each channel of x (n, channels, ...), both (channels,)."""
    axes = [axis for axis in range(x.dim()) if axis != 1]
    mean = x.mean(axes, keepdim=True)  # μ
    # The mean of x² less μ² would lose the variance of values far from 0 to rounding.
    variance = (x - mean).square().mean(axes)  # σ²
    return mean.flatten(), variance


def batch_norm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize channels with given statistics.

    Args:
        x: (n, channels, ...).
        mean: μ, (channels,).
        variance: σ², (channels,).
        weight: γ, (channels,), or None for 1.
        bias: β, (channels,), or None for 0.
        eps: ε.

    Returns:
        y, like x.
    """
    shape = (1, -1) + (1,) * (x.dim() - 2)  # channels are the second axis
    y = (x - mean.view(shape)) / torch.sqrt(variance + eps).view(shape)
    if weight is not None:
        y = y * weight.view(shape)
    if bias is not None:
        y = y + bias.view(shape)
    return y


class BatchNorm(nn.Module):
    """Batch normalization of (n, channels), (n, channels, length) or images alike.

    The names in its state are those of torch's `BatchNorm1d` and `BatchNorm2d`.

    Args:
        num_features: Channels; at least 1.
        eps: ε, added to the variance; at least 0.
        momentum: Weight of the newest batch in the running averages, in [0, 1]; None for the plain
            mean of all batches so far.
        affine: Learn γ and β.
        track_running_stats: Keep running averages; without them evaluation takes the batch's own.

    Raises:
        ValueError: If a setting is out of its range.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        if num_features < 1:
            raise ValueError(f"num_features must be at least 1. Got {num_features}.")
        if not eps >= 0:
            raise ValueError(f"eps must be at least 0. Got {eps}.")
        if momentum is not None and not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be from 0 to 1, or None. Got {momentum}.")
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None  # γ
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None  # β
        tracked = track_running_stats
        self.register_buffer("running_mean", torch.zeros(num_features) if tracked else None)
        self.register_buffer("running_var", torch.ones(num_features) if tracked else None)
        self.register_buffer("num_batches_tracked", torch.tensor(0) if tracked else None)

    def forward(self, x: Tensor) -> Tensor:
        """Normalize x (n, channels, ...).

        Raises:
            ValueError: If the channels are not as many as they should be, or if statistics of a
                single value per channel were to be taken.
        """
        if x.dim() < 2 or x.shape[1] != self.num_features:
            raise ValueError(
                f"x must have {self.num_features} channels in its second axis."
                f" Got the shape {tuple(x.shape)}."
            )
        if self.running_mean is not None and self.running_var is not None and not self.training:
            mean, variance = self.running_mean, self.running_var
        else:
            if self.training and x.numel() == self.num_features:
                raise ValueError(
                    "x must have more than one value for each channel in training."
                    f" Got the shape {tuple(x.shape)}."
                )
            mean, variance = batch_statistics(x)
            if self.training:
                self._track(mean.detach(), variance.detach(), x.numel() // self.num_features)
        return batch_norm(x, mean, variance, self.weight, self.bias, self.eps)

    def _track(self, mean: Tensor, variance: Tensor, m: int) -> None:
        """Move the running averages towards the statistics of a batch of m values."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None  # noqa: S101 - the three are kept together
        self.num_batches_tracked += 1
        newest = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, newest)
        self.running_var.lerp_(variance * (m / (m - 1)), newest)
