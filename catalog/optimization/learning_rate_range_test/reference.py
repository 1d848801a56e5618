"""Learning-rate range test: one short run in which the rate rises from tiny to too large.

Source: Smith, 2015, https://arxiv.org/abs/1506.01186, section 3.3. There the rate rises in a line
over a range that is roughly known; here by a constant ratio, over a range of many decades.

    η_t = η_low · (η_high / η_low)^(t / (T - 1))          t = 0 ... T - 1
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from torch import Tensor, nn
from torch.optim import Optimizer


class RangeTest(NamedTuple):
    """A test's curve: `rates` and `losses`, (n,) each, n at most the steps asked for."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]


def rising_rate(step: int, steps: int, low: float, high: float) -> float:
    """Return η_t.

    Args:
        step: t, from 0.
        steps: T, at least 2.
        low: η_low, above 0.
        high: η_high, above `low`.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 0 < low < high:
        raise ValueError(f"low and high must be rising and above 0. Got {low}, {high}.")
    if not steps >= 2:
        raise ValueError(f"steps must be at least 2. Got {steps}.")
    return float(low * (high / low) ** (step / (steps - 1)))


def range_test(
    model: nn.Module,
    optimizer: Optimizer,
    batches: Iterable[tuple[Tensor, Tensor]],
    loss: Callable[[Tensor, Tensor], Tensor],
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
) -> RangeTest:
    """Train while the rate rises, and put model and optimizer back as they were.

    Args:
        model: Maps a batch's inputs to outputs.
        optimizer: Of the model's parameters; the rates of its groups keep their ratio.
        batches: Pairs of inputs and targets; the test ends where they end.
        loss: `(outputs, targets) -> scalar`.
        low: The first rate, that of the first group.
        high: The last rate.
        steps: T.

    Returns:
        The rates and each step's loss before the step; ends at a loss that is not finite.

    Raises:
        ValueError: If a setting is out of its range.
    """
    rising_rate(0, steps, low, high)
    base = [float(group["lr"]) for group in optimizer.param_groups]
    if not base[0] > 0:
        raise ValueError(f"the optimizer's rate must be above 0. Got {base[0]}.")
    before = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict())
    rates: list[float] = []
    losses: list[float] = []
    for step, (x, y) in zip(range(steps), batches, strict=False):
        rate = rising_rate(step, steps, low, high)  # η_t
        for group, lr in zip(optimizer.param_groups, base, strict=True):
            group["lr"] = rate * lr / base[0]
        values: list[float] = []

        def closure(x: Tensor = x, y: Tensor = y, values: list[float] = values) -> Tensor:
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()  # type: ignore[no-untyped-call]
            values.append(float(value.detach()))
            return value

        optimizer.step(closure)  # type: ignore[arg-type]
        rates.append(rate)
        losses.append(values[0])
        if not math.isfinite(losses[-1]):
            break
    model.load_state_dict(before[0])
    optimizer.load_state_dict(before[1])
    model.zero_grad()
    return RangeTest(tuple(rates), tuple(losses))


def suggest(
    rates: Sequence[float],
    losses: Sequence[float],
    rule: Literal["minimum", "steepest"] = "minimum",
    margin: float = 3.0,
    window: int = 9,
) -> float:
    """Return a rate to train with.

    Args:
        rates: (n,) in rising order, in equal ratios.
        losses: (n,) at these rates; values that are not finite are left out.
        rule: `minimum`: the rate of the lowest loss, divided by `margin`. `steepest`: the rate
            at which the loss falls fastest before that.
        margin: How far below the lowest loss to stay; at least 1.
        window: Steps that are averaged, half of them before and half after; 1 for none.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if rule not in ("minimum", "steepest"):
        raise ValueError(f"rule must be minimum or steepest. Got {rule}.")
    if not margin >= 1:
        raise ValueError(f"margin must be at least 1. Got {margin}.")
    if not window >= 1:
        raise ValueError(f"window must be at least 1. Got {window}.")
    kept = [loss for loss in losses if math.isfinite(loss)]
    if not kept:
        raise ValueError(f"losses must hold a finite value. Got {list(losses)}.")
    half = window // 2
    smooth = []
    for i in range(len(kept)):
        near = kept[max(0, i - half) : i + half + 1]
        smooth.append(sum(near) / len(near))
    lowest = min(range(len(smooth)), key=smooth.__getitem__)
    if rule == "minimum":
        return rates[lowest] / margin
    slopes = [b - a for a, b in pairwise(smooth[: lowest + 1])]
    return rates[min(range(len(slopes)), key=slopes.__getitem__)] if slopes else rates[lowest]
