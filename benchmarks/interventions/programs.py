"""The programs of the benchmark: what a competent user starts from, before anything is spoiled.

A program is a kind of network on its own data sets. Those in `CHOSEN_ON` chose the rules; the
others, programs and data sets alike, were held out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.interventions.data import POOL, SETS, spoiled
from catalog.lab.data import Data
from catalog.lab.models import cnn, mlp, rnn, transformer
from catalog.lab.recipe import Part, Recipe
from catalog.lab.train import train
from catalog.optimization.cosine_schedule.reference import cosine
from catalog.optimization.dropout.experiment import apply as with_dropout
from catalog.optimization.learning_rate_decay.reference import linear_decay

Random = np.random.Generator

OPTIMIZERS: dict[str, tuple[Part, float, float]] = {
    # The rates that suit it on networks of this size, from and to.
    "sgd": (Part(torch.optim.SGD, fused=True), 0.1, 0.5),
    "momentum": (Part(torch.optim.SGD, momentum=0.9, fused=True), 0.03, 0.1),
    "adam": (Part(torch.optim.Adam, fused=True), 3e-3, 1e-2),
    "adamw": (Part(torch.optim.AdamW, weight_decay=0.01, fused=True), 3e-3, 1e-2),
    "rmsprop": (Part(torch.optim.RMSprop), 2e-3, 5e-3),
}
ACTIVATIONS = {"relu": Part(nn.ReLU), "tanh": Part(nn.Tanh), "gelu": Part(nn.GELU)}


class Program(NamedTuple):
    """A kind of network on its data sets.

    Attributes:
        data: Names in `SETS`.
        model: `(rng) -> Part`, a network of a sensible size.
        examples: Fewest and most training examples, if the data set has as many.
        epochs: Fewest and most.
        optimizers: Names in `OPTIMIZERS`.
        rate: A factor on the rates that suit an optimizer.
        pretrained: Whether the network's body is trained on the data set's source task first.
    """

    data: tuple[str, ...]
    model: Callable[[Random], Part]
    examples: tuple[int, int]
    epochs: tuple[int, int]
    optimizers: tuple[str, ...] = ("sgd", "momentum", "adam", "adam", "adamw", "rmsprop")
    rate: float = 1.0
    pretrained: bool = False


class GRU(nn.Module):
    """A gated recurrent network whose last state is read out."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.cell = nn.GRU(inputs, width, batch_first=True)
        self.head = nn.Linear(width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, time, inputs) to (n, outputs)."""
        states, _ = self.cell(x)
        return self.head(states[:, -1])  # type: ignore[no-any-return]


def gru(data: Data, width: int = 24) -> nn.Module:
    """Return a gated recurrent network for sequences (time, values)."""
    return GRU(data.inputs[-1], width, data.outputs)


def _mlp(rng: Random) -> Part:
    width, depth = int(rng.choice([32, 48, 64, 96])), int(rng.integers(1, 4))
    return Part(mlp, widths=(width,) * depth, activation=_activation(rng))


def _cnn(rng: Random) -> Part:
    return Part(cnn, channels=(int(rng.choice([6, 8])), int(rng.choice([10, 14]))))


def _recurrent(rng: Random) -> Part:
    kind = gru if rng.random() < 0.5 else rnn
    return Part(kind, width=int(rng.choice([20, 28])))


def _transformer(rng: Random) -> Part:
    depth, first = int(rng.integers(1, 3)), bool(rng.random() < 0.7)
    return Part(transformer, width=16, depth=depth, heads=2, norm_first=first)


def _pretrained_model(rng: Random) -> Part:
    # Few sizes, so that few source tasks have to be learned.
    return Part(body, width=int(rng.choice([8, 12])))


def _activation(rng: Random) -> Part:
    return ACTIVATIONS[str(rng.choice(list(ACTIVATIONS), p=[0.6, 0.2, 0.2]))]


def body(data: Data, width: int = 8, activation: Part = ACTIVATIONS["relu"]) -> nn.Module:
    """Return a convolutional network for images, and a multilayer perceptron for columns."""
    if len(data.inputs) == 3:
        return cnn(data, channels=(width, 2 * width), activation=activation)
    return mlp(data, widths=(6 * width, 6 * width), activation=activation)


PROGRAMS: dict[str, Program] = {
    "mlp-classification": Program(
        ("breast_cancer", "wine", "clusters", "spirals"), _mlp, (60, 320), (25, 60)
    ),
    "mlp-regression": Program(
        ("diabetes", "friedman", "teacher", "ripples"), _mlp, (60, 320), (25, 60)
    ),
    "cnn-images": Program(("digits", "shapes", "gratings"), _cnn, (120, 320), (16, 32)),
    "recurrent-sequences": Program(
        ("adding", "rhythms", "brackets", "oscillator"), _recurrent, (150, 320), (15, 35)
    ),
    "transformer-tokens": Program(
        ("descriptions", "grammar", "majority", "lookup"),
        _transformer,
        (200, 500),
        (10, 20),
        ("adam", "adamw", "adam", "momentum"),
    ),
    "fine-tuning": Program(
        ("glyphs", "weaves", "sensors"),
        _pretrained_model,
        (50, 200),
        (15, 30),
        rate=0.5,
        pretrained=True,
    ),
}
CHOSEN_ON = ("mlp-classification", "mlp-regression", "cnn-images")
"""The programs whose runs chose rules and thresholds."""


def healthy(program: str, data: str, rng: Random) -> Recipe:
    """Draw a recipe as a competent user would start from.

    Args:
        program: In `PROGRAMS`.
        data: One of its data sets.
        rng: Draws everything.
    """
    made = PROGRAMS[program]
    name = str(rng.choice(made.optimizers))
    optimizer, low, high = OPTIMIZERS[name]
    fewest, most = made.examples
    most = min(most, POOL.get(data, most))
    n_train = round(math.exp(rng.uniform(math.log(min(fewest, most)), math.log(most))))
    if rng.random() < 0.5:
        n_train = most  # half of the runs have enough
    schedule = [None, Part(cosine), Part(linear_decay)][int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    recipe = Recipe(
        data=Part(spoiled, name=data, n_train=n_train, split=int(rng.integers(0, 1000))),
        model=made.model(rng),
        optimizer=optimizer,
        lr=made.rate * math.exp(rng.uniform(math.log(low), math.log(high))),
        epochs=int(rng.integers(made.epochs[0], made.epochs[1] + 1)),
        batch_size=int(rng.choice([32, 32, 64])) if n_train > 128 else 16,
        schedule=schedule,
        seed=int(rng.integers(0, 1000)),
    )
    if made.pretrained:
        recipe = recipe.plus(start=Part(take_body, name=data))
    if rng.random() < 0.2:
        recipe = with_dropout(recipe, p=round(float(rng.uniform(0.05, 0.25)), 2))
    return recipe


def take_body(model: nn.Module, data: Data, recipe: Recipe, name: str) -> nn.Module:  # noqa: ARG001
    """Give a network all parameters of one that learned the source task, but for the last layer."""
    learned = learn_source(name, recipe.model)
    own = model.state_dict()
    last = list(own)[-2:]
    model.load_state_dict({k: own[k] if k in last else learned[k] for k in own})
    return model


@lru_cache(maxsize=16)
def learn_source(name: str, model: Part) -> dict[str, Tensor]:
    """Return the parameters of a network that learned the source task of a data set."""
    recipe = Recipe(
        data=Part(source_task, name=name),
        model=model,
        optimizer=Part(torch.optim.Adam),
        lr=3e-3,
        epochs=20,
        batch_size=32,
        evaluate_every=20,
    )
    learned: dict[str, Any] = train(recipe).model.state_dict()
    return learned


def source_task(seed: int, name: str) -> Data:
    """Return the source task of a data set: 1,200 examples of the same kind, other targets."""
    return SETS[name](seed, n_train=1200, source=True)
