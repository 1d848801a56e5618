"""Input scaling: every feature with center 0 and spread 1, as measured on the training split.

Source: LeCun, Bottou, Orr and Müller, 1998, https://doi.org/10.1007/3-540-49430-8_2, section 4.3.

    x'_j = (x_j - c_j) / s_j                feature j, over the training examples:

    standard    c = mean,     s = standard deviation
    range       c = minimum,  s = maximum - minimum
    robust      c = median,   s = upper - lower quartile

The Hessian of a linear model with squared loss is E[x xᵀ], so features of unequal size make a long
narrow valley, and a mean far from 0 one direction that is much steeper than all others.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

STATISTICS = ("standard", "range", "robust")


class Scale(NamedTuple):
    """What was measured on the training split: center c and spread s, broadcast over examples."""

    center: Tensor
    spread: Tensor

    def apply(self, x: Tensor) -> Tensor:
        """Scale examples of the training, the validation or any other split.

        Args:
            x: (n, ...), the shape of an example as it was measured.
        """
        return ((x.double() - self.center) / self.spread).to(x.dtype)

    def undo(self, scaled: Tensor) -> Tensor:
        """Give values their units back, as for predictions of a scaled target."""
        return (scaled.double() * self.spread + self.center).to(scaled.dtype)


def measure_scale(
    train: Tensor, axes: tuple[int, ...] = (0,), statistic: str = "standard"
) -> Scale:
    """Measure center and spread of each feature.

    A feature that is constant gets spread 1: it becomes 0 instead of a division by 0. Sums run in
    float64, so that a large mean does not drown a small deviation.

    Args:
        train: (n, ...) the training inputs alone, or (n, k) training targets.
        axes: What a feature's values are gathered over: (0,) makes each column a feature,
            (0, 2, 3) each channel of images, (0, 1) each value of sequences.
        statistic: `standard`, `range` or `robust`.

    Returns:
        The scale in float64, of the shape of `train` with 1 along `axes`.

    Raises:
        ValueError: If the statistic is unknown, or a value is not finite.
    """
    if statistic not in STATISTICS:
        raise ValueError(f"statistic must be one of {', '.join(STATISTICS)}. Got {statistic!r}.")
    if not torch.isfinite(train).all():
        raise ValueError("train must be finite. Got NaN or infinity.")
    x = train.double()
    if statistic == "standard":
        center, spread = x.mean(axes, keepdim=True), x.std(axes, correction=0, keepdim=True)
    elif statistic == "range":
        center = x.amin(axes, keepdim=True)
        spread = x.amax(axes, keepdim=True) - center
    else:
        center, spread = _quartiles(x, axes)
    # A constant column's deviation is rounding noise, not 0, if its mean is not exact.
    is_constant = x.amax(axes, keepdim=True) == x.amin(axes, keepdim=True)
    return Scale(center, torch.where(is_constant | (spread == 0), 1.0, spread))


def _quartiles(x: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """Return the median and the distance of the quartiles."""
    others = [axis for axis in range(x.dim()) if axis not in axes]
    shape = [1 if axis in axes else side for axis, side in enumerate(x.shape)]
    columns = x.permute(*others, *axes).reshape(*(x.shape[axis] for axis in others), -1)
    levels = torch.tensor([0.25, 0.5, 0.75], dtype=x.dtype, device=x.device)
    lower, median, upper = columns.quantile(levels, dim=-1)
    return median.reshape(shape), (upper - lower).reshape(shape)
