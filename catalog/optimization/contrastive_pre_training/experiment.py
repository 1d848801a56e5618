"""Does matching views of unlabelled inputs first help a network that then gets few labels?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from catalog.lab.data import Data, Split, digits
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import cnn
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import ADAM
from catalog.loss.image_augmentation.reference import shifted_crop
from catalog.optimization.contrastive_pre_training.reference import Projection, nt_xent
from catalog.optimization.pre_training.experiment import check_source, inputs_of, learn
from catalog.optimization.pre_training.reference import hide

WIDTH = 32
"""Values of a projection."""
PROJECTION = Part(Projection)


def unlabelled(seed: int, data: Part) -> Data:
    """Return all inputs that are not for validation, with targets that mean nothing."""
    x = inputs_of(data(seed))
    split = Split(x, torch.zeros(len(x), WIDTH))
    return Data("regression", split, split.take(slice(64)), WIDTH)


def two_views(
    x: Tensor, y: Tensor, generator: torch.Generator, share: float
) -> tuple[Tensor, Tensor]:
    """Return one view of each input, then another of each.

    Images are shifted by up to a pixel; of all inputs a share of the entries is hidden.
    """
    views = torch.cat([x, x])
    if x.dim() == 4:
        views = shifted_crop(views, 1, generator=generator)
    return hide(views, share, generator), torch.cat([y, y])


def matched(outputs: Tensor, targets: Tensor, temperature: float) -> Tensor:  # noqa: ARG001
    """Return the loss of a batch whose halves are the two views."""
    first, second = outputs.chunk(2)
    return nt_xent(first, second, temperature)


def start_from_views(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    epochs: int,
    lr: float,
    batch_size: int,
    share: float,
    temperature: float,
) -> nn.Module:
    """Start a network from what it learns by matching views."""
    return learn(
        model,
        data,
        recipe,
        source=Part(unlabelled, data=recipe.data),
        head=PROJECTION,
        epochs=epochs,
        lr=lr,
        batch_size=batch_size,
        loss=Part(matched, temperature=temperature),
        augmentation=(Part(two_views, share=share),),
    )


def apply(
    recipe: Recipe,
    epochs: int = 30,
    batch_size: int = 128,
    share: float = 0.2,
    temperature: float = 0.5,
) -> Recipe:
    """Return the recipe with a start that was learned by matching views of its inputs.

    Args:
        recipe: The target task; the views are learned with its optimizer and present rate.
        epochs: Over all inputs, labelled or not.
        batch_size: Inputs in a batch, of two views each.
        share: Share of the entries that is hidden in a view.
        temperature: Of the loss.

    Raises:
        NotApplicable: If there are no inputs without labels, or if the network is a single layer
            or does not end in a linear one.
    """
    check_source(recipe, None)
    settings = {"batch_size": batch_size, "share": share, "temperature": temperature}
    return recipe.plus(start=Part(start_from_views, epochs=epochs, lr=recipe.lr, **settings))


FEW_LABELS = Recipe(
    data=Part(digits, n_train=30),
    model=Part(cnn),
    optimizer=ADAM,
    lr=1e-3,
    epochs=60,
    evaluate_every=60,
)

EXPERIMENTS = (
    Experiment(
        question="Does matching views of 899 digits first lower both losses with three labels a"
        " class?",
        setting="30 digits with labels, small CNN, Adam at its best rate, 60 full-batch steps",
        control=FEW_LABELS.replace(lr=3e-3),
        treatment=apply(FEW_LABELS).replace(lr=3e-3),
        control_name="random start",
        treatment_name="after matching",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-3, 3e-3, 1e-2),
    ),
)
