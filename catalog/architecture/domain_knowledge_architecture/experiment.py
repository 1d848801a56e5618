"""Does a symmetry that is built in help, and what does a wrong one do?

Signals on a circle: one of four patterns, moved to a random place, with noise. Which pattern it is
does not depend on the place. In the look-alike the label is the place, to a quarter of the circle.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from catalog.architecture.convolution.experiment import apply as with_convolution
from catalog.architecture.domain_knowledge_architecture.reference import Invariant
from catalog.lab.data import Data, Split
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM

LENGTH = 16
"""Places on the circle."""


def circular_signals(seed: int, n_train: int = 100, n_val: int = 500, place: bool = False) -> Data:
    """Return patterns at random places of a circle.

    Inputs are (16,): a pattern of 5 values, drawn once for each of 4 classes, at a random place,
    plus normal noise of 0.5.

    Args:
        seed: Of the patterns, the places and the noise.
        n_train: Training examples.
        n_val: Validation examples.
        place: The label is the quarter in which the pattern begins, instead of the pattern.
    """
    generator = torch.Generator().manual_seed(seed)
    n = n_train + n_val
    patterns = torch.randn(4, 5, generator=generator)
    kind = torch.randint(0, 4, (n,), generator=generator)
    start = torch.randint(0, LENGTH, (n,), generator=generator)
    x = 0.5 * torch.randn(n, LENGTH, generator=generator)
    at = (start[:, None] + torch.arange(5)) % LENGTH
    x = x.scatter_add(1, at, patterns[kind])
    y = start // (LENGTH // 4) if place else kind
    return Data(
        "classification", Split(x, y).take(slice(n_train)), Split(x, y).take(slice(n_train, n)), 4
    )


def turn(x: Tensor, steps: int) -> Tensor:
    """Return signals (n, length) moved around the circle."""
    return x.roll(steps, 1)


def on_the_circle(data: Data, network: Part) -> nn.Module:
    """Return a network that does not see where on the circle a signal begins."""
    group = [partial(turn, steps=steps) for steps in range(data.inputs[-1])]
    return Invariant(network(data), group)


def shift(x: Tensor, down: int, right: int) -> Tensor:
    """Return images (n, channels, height, width) moved, with zeros moved in."""
    height, width = x.shape[2:]
    padded = nn.functional.pad(x, (1, 1, 1, 1))
    return padded[:, :, 1 - down : 1 - down + height, 1 - right : 1 - right + width]


STEPS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


def average_over_shifts(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Return the network's mean over an image and its moves by a pixel."""
    return Invariant(model, [partial(shift, down=down, right=right) for down, right in STEPS])


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with what is known of images built in.

    A network without convolutions is replaced by a convolutional one of the same size; one that
    has them is averaged over moves of the image by a pixel.

    Raises:
        NotApplicable: If the inputs are no images, of which nothing is known here.
    """
    if len(recipe.peek().inputs) != 3:
        raise NotApplicable(
            "what is known of the problem has to be built in by hand, but for images."
        )
    try:
        return with_convolution(recipe)
    except NotApplicable:
        return recipe.plus(start=Part(average_over_shifts))


def _signals(place: bool) -> Recipe:
    return Recipe(
        data=Part(circular_signals, place=place),
        model=Part(mlp, widths=(64, 64)),
        optimizer=ADAM,
        lr=1e-3,
        epochs=50,
        batch_size=25,
        evaluate_every=50,
    )


def _invariant(recipe: Recipe) -> Recipe:
    return recipe.replace(model=Part(on_the_circle, network=recipe.model))


EXPERIMENTS = (
    Experiment(
        question="Does a network generalize better that cannot see what does not matter?",
        setting="100 noisy signals of 4 patterns at random places of a circle, 16-64-64-4, Adam at"
        " its best rate, batches of 25, 200 steps",
        control=_signals(place=False),
        treatment=_invariant(_signals(place=False)),
        control_name="fully connected",
        treatment_name="the same, averaged over all moves",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
    ),
    Experiment(
        question="What if the knowledge is wrong, and the place is what matters?",
        setting="the same signals, labelled by the quarter of the circle in which they begin; an"
        " average over all moves learns nothing of it, so the smallest rate is its best",
        control=_signals(place=True),
        treatment=_invariant(_signals(place=True)),
        control_name="fully connected",
        treatment_name="the same, averaged over all moves",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS),
        lr_grid=(1e-4, 3e-4, 1e-3, 3e-3, 1e-2),
    ),
)
