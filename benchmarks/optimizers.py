"""How fast the references are beside torch's own: `python benchmarks/optimizers.py [--json]`.

Optimizers are compared with torch's loop over single tensors (`foreach=False`): a step on many
small tensors, where calls take the time, and on a few large ones, where arithmetic does. Layers
and losses are timed forward and backward, and have no goal: torch goes over the memory once where
a formula that is written out goes once for each of its terms.

Ours and torch's take turns in the same run and in one thread, and processor time is counted, since
machines differ and are shared; the least of several passes is taken, and the ratio is the figure
to keep.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from catalog.architecture.batch_normalization.reference import BatchNorm
from catalog.architecture.group_normalization.reference import GroupNorm
from catalog.architecture.layer_normalization.reference import LayerNorm
from catalog.architecture.rms_normalization.reference import RMSNorm
from catalog.loss.cross_entropy.reference import cross_entropy
from catalog.loss.huber_loss.reference import huber_loss
from catalog.loss.label_smoothing.reference import smoothed_cross_entropy
from catalog.optimization.adafactor.reference import Adafactor
from catalog.optimization.adagrad.reference import Adagrad
from catalog.optimization.adam.reference import Adam
from catalog.optimization.adamw.reference import AdamW
from catalog.optimization.gradient_descent.reference import GradientDescent
from catalog.optimization.l_bfgs.reference import LBFGS
from catalog.optimization.momentum.reference import Momentum
from catalog.optimization.muon.reference import Muon
from catalog.optimization.nadam.reference import NAdam
from catalog.optimization.nesterov_momentum.reference import NesterovMomentum
from catalog.optimization.radam.reference import RAdam
from catalog.optimization.rmsprop.reference import RMSprop

Step = Callable[[], Any]

GOAL = 2.0
"""Times as long as torch's, at most, for an optimizer."""
PASSES = 25
SECONDS = 0.01
"""Least length of a pass."""

SIZES: dict[str, list[tuple[int, int]]] = {
    "40 tensors of 32 x 32": [(32, 32)] * 40,
    "4 tensors of 512 x 512": [(512, 512)] * 4,
}


class Pair(NamedTuple):
    """Two steps that do the same, and the goal for their ratio."""

    ours: Step
    torch: Step
    goal: float | None = None


class Timing(NamedTuple):
    """Microseconds of a step."""

    ours: float
    torch: float

    @property
    def ratio(self) -> float:
        """How many times as long as torch's ours takes."""
        return self.ours / self.torch


Make = Callable[[list[Tensor]], torch.optim.Optimizer]


def single(make: Callable[..., torch.optim.Optimizer], **settings: Any) -> Make:
    """Return how to make an optimizer of torch's that goes from tensor to tensor."""
    return lambda tensors: make(tensors, lr=1e-3, foreach=False, **settings)


OPTIMIZERS: dict[str, tuple[Make, Make]] = {
    "adafactor": (Adafactor, single(torch.optim.Adafactor)),
    "adagrad": (Adagrad, single(torch.optim.Adagrad)),
    "adam": (Adam, single(torch.optim.Adam)),
    "adam, amsgrad": (lambda p: Adam(p, amsgrad=True), single(torch.optim.Adam, amsgrad=True)),
    "adamw": (AdamW, single(torch.optim.AdamW)),
    "gradient-descent": (GradientDescent, single(torch.optim.SGD)),
    # One iteration with ten pairs in memory; torch's search for a length is another than ours.
    "l-bfgs": (
        lambda p: LBFGS(p, 1e-3, max_iter=1, history_size=10, line_search=False),
        lambda p: torch.optim.LBFGS(p, 1e-3, max_iter=1, history_size=10),
    ),
    "momentum": (Momentum, single(torch.optim.SGD, momentum=0.9)),
    # torch's Muon knows single tensors alone.
    "muon": (Muon, torch.optim.Muon),
    "nadam": (NAdam, single(torch.optim.NAdam)),
    "nesterov-momentum": (
        NesterovMomentum,
        single(torch.optim.SGD, momentum=0.9, nesterov=True),
    ),
    "radam": (RAdam, single(torch.optim.RAdam)),
    "rmsprop": (RMSprop, single(torch.optim.RMSprop)),
}


def drawn(*shape: int) -> Tensor:
    """Return normal numbers, the same in each run."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def stepper(make: Make, shapes: list[tuple[int, int]]) -> Step:
    """Return one step of an optimizer on tensors with given gradients."""
    tensors = [drawn(*shape).requires_grad_() for shape in shapes]
    for tensor in tensors:
        tensor.grad = drawn(*tensor.shape)
    optimizer = make(tensors)

    def closure() -> Tensor:
        """Give each tensor itself as its gradient: that of half the squared length."""
        for tensor in tensors:
            tensor.grad = tensor.detach().clone()
        return torch.ones(())

    # The others take the gradients that are there, so that nothing but their step is timed.
    needs_loss = isinstance(optimizer, LBFGS | torch.optim.LBFGS)
    return partial(optimizer.step, closure) if needs_loss else optimizer.step


def there_and_back(function: Callable[..., Tensor], *inputs: Tensor) -> Step:
    """Return one pass forward and backward, with gradients for the first input."""
    first, *others = inputs
    first = first.clone().requires_grad_()

    def run() -> None:
        first.grad = None
        function(first, *others).sum().backward()  # type: ignore[no-untyped-call]

    return run


def pairs() -> dict[str, Pair]:
    """Return everything that is timed, by name."""
    out = {
        f"{name}, {size}": Pair(stepper(ours, shapes), stepper(theirs, shapes), GOAL)
        for size, shapes in SIZES.items()
        for name, (ours, theirs) in OPTIMIZERS.items()
    }
    rows, images = drawn(512, 256), drawn(64, 32, 16, 16)
    layers: dict[str, tuple[nn.Module, nn.Module, Tensor]] = {
        "batch-normalization, images": (BatchNorm(32), nn.BatchNorm2d(32), images),
        "group-normalization, images": (GroupNorm(4, 32), nn.GroupNorm(4, 32), images),
        "layer-normalization, rows": (LayerNorm(256), nn.LayerNorm(256), rows),
        "rms-normalization, rows": (RMSNorm(256), nn.RMSNorm(256), rows),
    }
    for name, (layer, torch_layer, x) in layers.items():
        out[name] = Pair(there_and_back(layer, x), there_and_back(torch_layer, x))
    labels = torch.arange(512) % 256
    losses: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor], Tensor]] = {
        "cross-entropy": (cross_entropy, F.cross_entropy, labels),
        "huber-loss": (huber_loss, F.huber_loss, drawn(512, 256).flip(0)),
        "label-smoothing": (
            lambda x, y: smoothed_cross_entropy(x, y, 0.1),
            lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1),
            labels,
        ),
    }
    for name, (loss, torch_loss, y) in losses.items():
        out[name] = Pair(there_and_back(loss, rows, y), there_and_back(torch_loss, rows, y))
    return out


def seconds_of(step: Step, count: int) -> float:
    """Return the seconds of processor time that some steps take."""
    start = time.process_time()
    for _ in range(count):
        step()
    return time.process_time() - start


def measure(pair: Pair) -> Timing:
    """Time both steps in turn, as often in each pass as makes it long enough to be told apart."""
    steps = (pair.ours, pair.torch)
    for step in steps:
        seconds_of(step, 3)
    count = max(3, round(SECONDS / (seconds_of(pair.torch, 3) / 3)))
    passes = [[seconds_of(step, count) for step in steps] for _ in range(PASSES)]
    return Timing(*(1e6 * min(times) / count for times in zip(*passes, strict=True)))


def main() -> None:
    """Measure every pair and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    timed = pairs()
    measured = {name: measure(pair) for name, pair in timed.items()}
    if arguments.json:
        rows = {
            name: {**timing._asdict(), "ratio": timing.ratio, "goal": timed[name].goal}
            for name, timing in measured.items()
        }
        print(json.dumps(rows, indent=2))
        return
    print(f"{'a step of':<44} {'ours, µs':>9} {'torch, µs':>10} {'ratio':>6}   goal, at most")
    for name, timing in measured.items():
        goal = timed[name].goal
        aim = "" if goal is None else f"   {goal:g} x" + (" missed" if timing.ratio > goal else "")
        print(f"{name:<44} {timing.ours:>9.1f} {timing.torch:>10.1f} {timing.ratio:>6.2f}{aim}")
    version = sys.version.split()[0]
    print(f"\nPython {version}, torch {torch.__version__}, one thread of {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
