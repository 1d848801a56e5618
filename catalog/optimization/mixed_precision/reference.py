"""Mixed precision: passes in 16 bits, weights and their updates in 32.

Source: Micikevicius et al., 2017, https://arxiv.org/abs/1710.03740, section 3, which also leaves
out a step whose gradient overflows; how S is then adjusted is the rule of `torch.amp.GradScaler`,
https://docs.pytorch.org/docs/stable/amp.html.

    weights (32 bits) → copy (16 bits) → forward, backward (16 bits) → gradient → update (32 bits)

An update that is small beside its weight would be rounded away in 16 bits. In float16 a gradient
below 2⁻²⁵ becomes zero as well; the loss is multiplied by S first, and the gradient divided by it:

    g = (1/S) ∂(S L)/∂θ
    S ← S / 2 and no step    if any entry of g is not finite
    S ← 2 S                  after n steps in a row without that
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class MixedPrecision(nn.Module):
    """A network that computes in 16 bits and keeps its weights in 32.

    Args:
        model: The network; torch's autocast chooses what is computed in 16 bits.
        dtype: `torch.bfloat16`, or `torch.float16` with a `LossScaler`.

    Raises:
        ValueError: If `dtype` is neither.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        if dtype not in (torch.bfloat16, torch.float16):
            raise ValueError(f"dtype must be torch.bfloat16 or torch.float16. Got {dtype}.")
        self.model = model
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        """Return the network's outputs in 32 bits, so that the loss is computed in them."""
        with torch.autocast(x.device.type, dtype=self.dtype):
            outputs: Tensor = self.model(x)
        return outputs.float()


class LossScaler:
    """Dynamic loss scaling for float16.

    Call `scaler.scale(loss).backward()`, then `scaler.step(optimizer)`.

    Args:
        scale: S at the start, above 0.
        growth: Factor on S after `interval` steps without an overflow, above 1.
        backoff: Factor on S after an overflow, above 0 and below 1.
        interval: n, at least 1.

    Attributes:
        value: S.

    Raises:
        ValueError: If a setting is out of its range.
    """

    def __init__(
        self,
        scale: float = 2.0**16,
        growth: float = 2.0,
        backoff: float = 0.5,
        interval: int = 2000,
    ) -> None:
        if not scale > 0:
            raise ValueError(f"scale must be above 0. Got {scale}.")
        if not growth > 1:
            raise ValueError(f"growth must be above 1. Got {growth}.")
        if not 0 < backoff < 1:
            raise ValueError(f"backoff must be above 0 and below 1. Got {backoff}.")
        if interval < 1:
            raise ValueError(f"interval must be at least 1. Got {interval}.")
        self.value = scale
        self.growth = growth
        self.backoff = backoff
        self.interval = interval
        self._in_a_row = 0

    def scale(self, loss: Tensor) -> Tensor:
        """Return S L, to call `backward` on."""
        return loss * self.value

    def step(self, optimizer: torch.optim.Optimizer) -> bool:
        """Divide the gradients by S, step unless one is not finite, and adjust S.

        Args:
            optimizer: Its parameters hold the gradients of S L.

        Returns:
            Whether a step was taken.
        """
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        gradients = [p.grad for p in parameters if p.grad is not None]
        for g in gradients:
            g.div_(self.value)  # ∂L/∂θ
        if not all(bool(g.isfinite().all()) for g in gradients):
            self.value *= self.backoff
            self._in_a_row = 0
            return False
        optimizer.step()
        self._in_a_row += 1
        if self._in_a_row == self.interval:
            self.value *= self.growth
            self._in_a_row = 0
        return True

    def state_dict(self) -> dict[str, Any]:
        """Return S, the settings and the steps in a row, to save."""
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        vars(self).update(state)
