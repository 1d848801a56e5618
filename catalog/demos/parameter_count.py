"""How many weights a layer on a large image has, fully connected and convolutional.

The lecture counts 1,000 units on an image of 1000 by 1000 pixels in three colours. The condition:
a convolution saves weights, not multiplications, and a fully connected layer on its maps brings
the weights back.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import nn

from catalog.architecture.convolution.reference import Conv2d, conv2d
from catalog.demos.demo import Outcome, Row, number
from catalog.demos.drawing import BLUE, GREEN, GREY, NOTE, ORANGE, frame, legend
from catalog.demos.walk import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE, COLOURS, UNITS, KERNEL, CLASSES = 1000, 3, 1000, 3, 10
SIDES = (8, 16, 32, 64, 128, 256, 512, SIDE)
SMALL = 8
"""Side of the image on which the convolution is written out as a fully connected layer."""


class Count(NamedTuple):
    """What layers on an image cost; biases are left out, as in the lecture.

    Attributes:
        inputs: Values of the image.
        dense: Weights of the fully connected layer, and its multiplications.
        local: Weights if each unit sees a small patch, but each place has its own.
        shared: Weights of the convolution.
        steps: Multiplications of the convolution.
        maps: Values that the convolution gives.
    """

    inputs: int
    dense: int
    local: int
    shared: int
    steps: int
    maps: int


def perform() -> Outcome:
    """Count the weights of layers, and write a small convolution out as a matrix."""
    counts = [count(side) for side in SIDES]
    large = counts[-1]
    matrix, error = written_out()
    used = matrix != 0
    distinct = len(np.unique(matrix[used]))
    head = _weights(nn.Linear(large.maps, CLASSES, device="meta"))
    pooled = _weights(nn.Linear(UNITS, CLASSES, device="meta"))
    return Outcome(
        shown=(
            Row("values of the image", "3 million", large.inputs),
            Row(f"weights, fully connected, {UNITS:,} units", "3 billion", large.dense),
            Row(
                f"weights, {KERNEL} by {KERNEL} convolution, {UNITS:,} filters",
                "far fewer",
                large.shared,
            ),
            Row("  how many times fewer", "", large.dense / large.shared),
            Row(f"a filter on {SMALL} by {SMALL} as a matrix: weights", "restricted", matrix.size),
            Row("  of them not zero (receptive field)", "", int(used.sum())),
            Row("  of them different (parameter sharing)", "", distinct),
            Row("  its largest difference from the convolution", "", error),
        ),
        condition=(
            Row(f"weights, {UNITS:,} filters, own ones at each place", "", large.local),
            Row("multiplications, fully connected", "", large.dense),
            Row("multiplications, convolution", "", large.steps),
            Row(f"weights, {CLASSES} classes fully connected to the maps", "", head),
            Row(f"weights, {CLASSES} classes on the mean of each map", "", pooled),
        ),
        conclusions=_conclusions(large, head, pooled),
        panels=(
            partial(_draw_weights, counts),
            partial(_draw_multiplications, counts),
            partial(_draw_matrix, matrix),
        ),
    )


def count(side: int) -> Count:
    """Count for a square image with this side; the layers are made without memory."""
    inputs = COLOURS * side**2
    shared = _weights(Conv2d(COLOURS, UNITS, KERNEL, device="meta"))
    places = (side - KERNEL + 1) ** 2
    return Count(
        inputs,
        _weights(nn.Linear(inputs, UNITS, device="meta")),
        shared * places,
        shared,
        shared * places,
        UNITS * places,
    )


def _weights(layer: nn.Linear | nn.Conv2d) -> int:
    return layer.weight.numel()


def written_out() -> tuple[FloatArray, float]:
    """Return a filter on a small grey image as the matrix of a fully connected layer.

    Returns:
        (places, pixels) weights, and the largest difference between what it gives and what the
        convolution gives, on a random image.
    """
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    weight = draw(1, 1, KERNEL, KERNEL)
    pixels = torch.eye(SMALL**2, dtype=torch.float64).reshape(-1, 1, SMALL, SMALL)
    matrix = conv2d(pixels, weight).flatten(1).T  # a column for each pixel that alone is lit
    image = draw(1, 1, SMALL, SMALL)
    error = (matrix @ image.flatten() - conv2d(image, weight).flatten()).abs().max()
    return matrix.numpy(), float(error)


def _conclusions(large: Count, head: int, pooled: int) -> tuple[str, ...]:
    more = large.steps / large.dense
    return (
        f"A fully connected layer of {number(UNITS)} units has {number(large.dense)} weights"
        f" ({number(4 * large.dense / 1e9)} GB in single precision), a convolution with as many"
        f" filters {number(large.shared)}, whatever the size of the image.",
        f"The condition: it saves weights, not work. Each filter goes to every place, so it"
        f" multiplies {number(large.steps)} times, {number(more)} times as often as the fully"
        f" connected layer, and gives {number(large.maps)} values instead of {number(UNITS)}.",
        f"Nor does it save anything if its maps are flattened: {CLASSES} classes fully connected to"
        f" them take {number(head)} weights again, and {number(pooled)} on the mean of each map.",
    )


def _draw_weights(counts: list[Count], axes: Axes) -> None:
    for label, values, style in (
        ("own weights at each place", [c.local for c in counts], GREEN),
        ("fully connected", [c.dense for c in counts], ORANGE),
        ("convolution", [c.shared for c in counts], BLUE),
    ):
        axes.loglog(SIDES, values, label=label, markersize=5, linewidth=1.3, **style)
    axes.axhline(counts[-1].dense, color=GREY, linewidth=0.8)
    axes.text(SIDES[0], counts[-1].dense * 1.2, "3 billion", **NOTE)
    frame(axes, "Weights", "side of the image", "weights")
    legend(axes, loc="lower right", bbox_to_anchor=(1, 0.1))


def _draw_multiplications(counts: list[Count], axes: Axes) -> None:
    for label, values, style in (
        ("fully connected", [c.dense for c in counts], ORANGE),
        ("convolution", [c.steps for c in counts], BLUE),
    ):
        axes.loglog(SIDES, values, label=label, markersize=5, linewidth=1.3, **style)
    frame(axes, "The condition: the work", "side of the image", "multiplications for an image")
    legend(axes, loc="upper left")


def _draw_matrix(matrix: FloatArray, axes: Axes) -> None:
    axes.imshow(np.where(matrix == 0, np.nan, matrix), cmap="cividis", aspect="auto")
    frame(
        axes,
        f"A filter on {SMALL} by {SMALL} as a fully connected layer",
        "pixel (white: weight 0; like colours: like weights)",
        "unit",
    )
