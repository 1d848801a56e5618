"""The recipes that experiments start from, each with one problem to improve on.

An experiment changes what it must with `.replace`, and says so in its `setting`.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from catalog.lab.data import Data, bowl, digits, tones
from catalog.lab.models import cnn, linear, listener, mlp, transformer
from catalog.lab.recipe import Part, Recipe

SGD = Part(torch.optim.SGD)
ADAM = Part(torch.optim.Adam)


def short(steps: int = 100) -> Recipe:
    """Return a run with few steps: 300 digits, 64-128-128-10, SGD, batches of 30."""
    return Recipe(
        data=Part(digits, n_train=300),
        model=Part(mlp, widths=(128, 128)),
        optimizer=SGD,
        lr=0.1,
        epochs=steps // 10,
        batch_size=30,
        evaluate_every=steps // 10,
    )


def few(examples: int = 100) -> Recipe:
    """Return a run with few examples, that overfits: 64-128-128-10, Adam 0.001, full batches."""
    return Recipe(
        data=Part(digits, n_train=examples),
        model=Part(mlp, widths=(128, 128)),
        optimizer=ADAM,
        lr=1e-3,
        epochs=300,
        evaluate_every=300,
    )


def noisy(label_noise: float = 0.3) -> Recipe:
    """Return a run with wrong labels: 400 digits, 64-128-128-10, Adam 0.001, batches of 40."""
    return Recipe(
        data=Part(digits, n_train=400, label_noise=label_noise),
        model=Part(mlp, widths=(128, 128)),
        optimizer=ADAM,
        lr=1e-3,
        epochs=60,
        batch_size=40,
        evaluate_every=60,
    )


def deep() -> Recipe:
    """Return a deep plain network, that is hard to train: 300 digits, 16 layers of 64, SGD."""
    return Recipe(
        data=Part(digits, n_train=300),
        model=Part(mlp, widths=(64,) * 16),
        optimizer=SGD,
        lr=0.05,
        epochs=30,
        batch_size=30,
        evaluate_every=30,
    )


def images(examples: int = 100) -> Recipe:
    """Return a small convolutional network on few digits: Adam 0.001, batches of 25."""
    return Recipe(
        data=Part(digits, n_train=examples),
        model=Part(cnn),
        optimizer=ADAM,
        lr=1e-3,
        epochs=100,
        batch_size=25,
        evaluate_every=100,
    )


def rows() -> Recipe:
    """Return a transformer that reads digits row by row: 300 digits, Adam, batches of 30."""
    return Recipe(
        data=Part(digits, n_train=300),
        model=Part(transformer),
        optimizer=ADAM,
        lr=1e-3,
        epochs=20,
        batch_size=30,
        evaluate_every=20,
    )


def imbalanced(epochs: int = 10) -> Recipe:
    """Return a run with rare classes: about 80 each of the digits 0-4, 4 each of 5-9, Adam 0.001.

    64-128-128-10 in batches of 20; the validation set is balanced.
    """
    return Recipe(
        data=Part(digits, n_train=800, rare=4),
        model=Part(mlp, widths=(128, 128)),
        optimizer=ADAM,
        lr=1e-3,
        epochs=epochs,
        batch_size=20,
        evaluate_every=epochs,
    )


def jittery() -> Recipe:
    """Return a run whose loss jitters at a level: 320 digits, SGD, batches of 8, 400 steps."""
    return Recipe(
        data=Part(digits, n_train=320),
        model=Part(mlp, widths=(128, 128)),
        optimizer=SGD,
        lr=0.5,
        epochs=10,
        batch_size=8,
        evaluate_every=10,
    )


def at_origin(model: nn.Module, _data: Data, _recipe: Recipe) -> nn.Module:
    """Return the network with all its parameters at zero."""
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    return model


def valley(curvatures: tuple[float, float] = (4000.0, 1.0), angle: float = 0.0) -> Recipe:
    """Return 100 full-batch steps down a bowl in two weights, from zero: SGD 0.0001.

    Args:
        curvatures: Along the axes of the bowl; unlike ones make it a valley.
        angle: Degrees by which its axes are turned away from those of the weights.
    """
    return Recipe(
        data=Part(bowl, curvatures=curvatures, angle=angle),
        model=Part(linear, bias=False),
        optimizer=SGD,
        lr=1e-4,
        epochs=100,
        start=(Part(at_origin),),
        evaluate_every=100,
    )


def few_labels(examples: int = 30) -> Recipe:
    """Return a run with few labels and many unlabelled images: small CNN, Adam 0.003, 200 steps.

    Each step takes all the labelled digits, three of a class; the rest of 899 are unlabelled.
    """
    return Recipe(
        data=Part(digits, n_train=examples),
        model=Part(cnn),
        optimizer=ADAM,
        lr=3e-3,
        epochs=200,
        batch_size=examples,
        evaluate_every=200,
    )


def recordings(label: Literal["melody", "pitch"] = "melody") -> Recipe:
    """Return a network that hears few voices: 64 hummed melodies, Adam 0.001, 200 steps.

    A multilayer perceptron on spectrograms, of full batches; other voices validate.

    Args:
        label: What it tells apart, the melody or the pitch of the voice.
    """
    return Recipe(
        data=Part(tones, label=label),
        model=Part(listener),
        optimizer=ADAM,
        lr=1e-3,
        epochs=200,
        evaluate_every=200,
    )
