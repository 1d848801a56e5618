"""Test-time augmentation: the mean prediction for several views of each input.

Source: Krizhevsky, Sutskever and Hinton, 2012, https://doi.org/10.1145/3065386, section 4.1: five
crops and their mirror images.

    p(y | x) = 1/V Σ_v p(y | t_v(x))        V views t_v, the input itself among them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from catalog.architecture.ensembling.reference import mean_log_probabilities

View = Callable[[Tensor], Tensor]


def shifted(images: Tensor, rows: int = 0, columns: int = 0) -> Tensor:
    """Return x'(r, c) = x(r + rows, c + columns), 0 where that is outside.

    Args:
        images: (n, channels, height, width).
        rows: Pixels up; negative for down.
        columns: Pixels to the left; negative for the right.
    """
    return F.pad(images, (-columns, columns, -rows, rows))  # negative padding cuts off


def mirrored(images: Tensor) -> Tensor:
    """Return images (n, channels, height, width) mirrored left to right."""
    return images.flip(-1)


class AveragedViews(nn.Module):
    """A network that predicts the mean over views of its input.

    Args:
        model: The network.
        views: `(x) -> x'` each, of the same shape; give the identity to have the input itself.
        average: `probabilities` of classes, given as logits; or `outputs` as they are.

    Raises:
        ValueError: If there are no views, or `average` is unknown.
    """

    def __init__(
        self,
        model: nn.Module,
        views: Sequence[View],
        average: Literal["probabilities", "outputs"] = "probabilities",
    ) -> None:
        super().__init__()
        if not views:
            raise ValueError("views must be at least 1. Got 0.")
        if average not in ("probabilities", "outputs"):
            raise ValueError(f"average must be probabilities or outputs. Got {average}.")
        self.model = model
        self.views = tuple(views)
        self.average = average

    def forward(self, x: Tensor) -> Tensor:
        """Return the joint prediction, (n, classes or values)."""
        outputs = torch.stack([self.model(view(x)) for view in self.views])  # (V, n, K)
        if self.average == "outputs":
            return outputs.mean(0)
        return mean_log_probabilities(outputs)
