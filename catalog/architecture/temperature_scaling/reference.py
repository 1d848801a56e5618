"""Temperature scaling: the logits of a trained network divided by one number.

Source: Guo et al., 2017, https://arxiv.org/abs/1706.04599, section 4.2.

    q_k = softmax(z / T)_k                  T > 1 softens, T < 1 sharpens; argmax_k is the same
    T = argmin_T -Σ_i log q_{y_i}           on held-out examples

In 1/T the loss is convex, so its slope has one zero, found here by halving an interval.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def fit_temperature(
    logits: Tensor, targets: Tensor, low: float = 0.01, high: float = 100.0, halvings: int = 60
) -> float:
    """Return the temperature T whose cross-entropy is least; an end of the range if none is inside.

    Args:
        logits: (n, classes) of examples that the network was not trained on.
        targets: (n,) class numbers.
        low: Least T, above 0.
        high: Largest T.
        halvings: Of the interval of log T.

    Raises:
        ValueError: If the range is empty or reaches 0, there are no examples, or a logit is not
            finite.
    """
    if not 0 < low < high:
        raise ValueError(f"low and high must be above 0 and rising. Got {low} and {high}.")
    if not len(logits):
        raise ValueError("logits must be of at least 1 example. Got 0.")
    if not torch.isfinite(logits).all():
        raise ValueError("logits must be finite. Got NaN or infinity.")
    z = logits.detach().double()
    own = z.gather(1, targets[:, None])[:, 0]  # z_y, (n,)
    bottom, top = math.log(low), math.log(high)
    for _ in range(halvings):
        middle = (bottom + top) / 2
        q = torch.softmax(z / math.exp(middle), 1)  # (n, K)
        # ∂ℓ/∂(1/T) = Σ_k q_k z_k - z_y: above 0 where 1/T is too large, so T too small.
        if float(((q * z).sum(1) - own).mean()) > 0:
            bottom = middle
        else:
            top = middle
    return math.exp((bottom + top) / 2)


class TemperatureScaled(nn.Module):
    """A network whose logits are divided by a temperature.

    Args:
        model: Gives logits (n, classes).
        temperature: T, above 0; 1 changes nothing.

    Raises:
        ValueError: If `temperature` is not above 0.
    """

    temperature: Tensor

    def __init__(self, model: nn.Module, temperature: float) -> None:
        super().__init__()
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0. Got {temperature}.")
        self.model = model
        self.register_buffer("temperature", torch.tensor(float(temperature)))  # is saved

    def forward(self, x: Tensor) -> Tensor:
        """Return z / T."""
        return self.model(x) / self.temperature  # type: ignore[no-any-return]
