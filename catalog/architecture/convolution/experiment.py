"""Does a convolutional network do better than a fully connected one of the same size?

Digits that are moved by a pixel at random, so that a pattern may appear in several places; and the
same with the pixels in a fixed, random order, in which there is no neighborhood.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left

import torch
from torch import Tensor, nn

from catalog.architecture.convolution.reference import Conv2d
from catalog.lab.data import Data, Split, digits
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import cnn, mlp, untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.surgery import LAYERS
from catalog.lab.tasks import images

WIDTHS = range(1, 1025)
"""Filters of the first convolution to choose from, for a network of the wanted size."""


def moved_digits(seed: int, n_train: int, permuted: bool = False) -> Data:
    """Return digits that are moved by a pixel or none in each direction, at random.

    Args:
        seed: Of the split, the moves and the order of the pixels.
        n_train: Training examples, at most 899.
        permuted: Put the pixels of every image in the same random order after the move.
    """
    data = digits(seed, n_train=n_train)
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(64, generator=generator)

    def change(split: Split) -> Split:
        x = _moved(split.x, generator)
        return Split(x.flatten(1)[:, order].view_as(x) if permuted else x, split.y)

    return dataclasses.replace(
        data, train=change(data.train), val=change(data.val), unlabelled=None
    )


def _moved(x: Tensor, generator: torch.Generator) -> Tensor:
    side = x.shape[-1]
    padded = nn.functional.pad(x, (1, 1, 1, 1))
    at = torch.randint(0, 3, (2, len(x), 1), generator=generator) + torch.arange(side)
    rows, columns = at  # (n, side) each
    n = torch.arange(len(x))[:, None, None]
    return padded[n, 0, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with a convolutional network of about as many parameters.

    Raises:
        NotApplicable: If the inputs are no square images of 4 pixels or more, or the network has
            convolutions.
    """
    data = recipe.peek()
    shape = data.inputs
    if len(shape) != 3 or shape[1] != shape[2] or shape[1] < 4:
        raise NotApplicable(f"it needs square images, and an example has the shape {shape}.")
    model = untrained(recipe)
    if any(isinstance(module, LAYERS[1:]) for module in model.modules()):
        raise NotApplicable("the network has convolutions already.")
    wanted = parameter_count(model)
    wider = recipe.replace(model=Part(cnn, convolution=Part(Conv2d)))
    over = bisect_left(WIDTHS, wanted, key=lambda width: parameter_count(_cnn(wider, width)))
    near = WIDTHS[max(over - 1, 0) : over + 1]
    best = min(near, key=lambda width: abs(parameter_count(_cnn(wider, width)) - wanted))
    return wider.set_model(channels=(best, 2 * best))


def parameter_count(model: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in model.parameters())


def _cnn(recipe: Recipe, width: int) -> nn.Module:
    with torch.device("meta"):
        return untrained(recipe.set_model(channels=(width, 2 * width)))


DENSE = images().replace(
    data=Part(moved_digits, n_train=200),
    model=Part(mlp, widths=(64, 32)),
    epochs=30,
    evaluate_every=30,
)
PERMUTED = DENSE.set_data(permuted=True)

EXPERIMENTS = (
    Experiment(
        question="Does a convolutional network of the same size generalize better on images?",
        setting="200 digits moved by up to a pixel, 6,570 parameters, Adam at its best rate,"
        " batches of 25, 240 steps",
        control=DENSE,
        treatment=apply(DENSE),
        control_name="fully connected",
        treatment_name="convolutional",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2),
    ),
    Experiment(
        question="Does it generalize better where the pixels have no neighborhood?",
        setting="the same with the pixels of all images in one random order, at the rate that is"
        " best for the images",
        control=PERMUTED.replace(lr=3e-3),
        treatment=apply(PERMUTED).replace(lr=3e-3),
        control_name="fully connected",
        treatment_name="convolutional",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
