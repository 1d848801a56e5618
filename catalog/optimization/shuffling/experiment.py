"""Does shuffling lower the training loss of data that are stored by class?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import Split, digits
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import short
from catalog.optimization.shuffling.reference import buffered, draws, permutation


def shuffled(split: Split, epoch: int, epochs: int, generator: torch.Generator) -> Tensor:
    """Return a new random order for each epoch."""
    del epoch, epochs
    return permutation(len(split), generator)


def stored_by_class(split: Split, epoch: int, epochs: int, generator: torch.Generator) -> Tensor:
    """Return the order of the classes, the same in each epoch."""
    del epoch, epochs, generator
    return torch.argsort(split.y, stable=True)


def with_replacement(split: Split, epoch: int, epochs: int, generator: torch.Generator) -> Tensor:
    """Return independent draws."""
    del epoch, epochs
    return draws(len(split), generator)


def through_a_buffer(
    split: Split, epoch: int, epochs: int, generator: torch.Generator, size: int
) -> Tensor:
    """Return the order of the classes, shuffled through a buffer."""
    stored = stored_by_class(split, epoch, epochs, generator)
    order = list(buffered(stored.tolist(), size, generator))
    return torch.tensor(order, device=generator.device)


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with a new random order for each epoch.

    Raises:
        NotApplicable: If it has one already.
    """
    if recipe.order is None or recipe.order == Part(shuffled):
        raise NotApplicable("each epoch is shuffled anew already.")
    return recipe.replace(order=Part(shuffled))


START = short().replace(data=Part(digits, n_train=640), batch_size=64, epochs=20, evaluate_every=20)
STORED = START.replace(order=Part(stored_by_class))
SETTING = "640 digits stored by class, 64-128-128-10, SGD, batches of 64, 20 epochs"
LR_GRID = (0.03, 0.1, 0.3, 1.0)

EXPERIMENTS = (
    Experiment(
        question="Does shuffling lower the training loss of data stored by class?",
        setting=f"{SETTING}, best rate of each",
        control=STORED,
        treatment=apply(STORED),
        control_name="as stored",
        treatment_name="shuffled",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does a buffer of a tenth of the data shuffle as well as a permutation?",
        setting=f"{SETTING}, best rate of each",
        control=STORED.replace(order=Part(through_a_buffer, size=64)),
        treatment=apply(STORED),
        control_name="buffer of 64",
        treatment_name="shuffled",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does a new permutation end lower than draws with replacement?",
        setting=f"{SETTING}, best rate of each",
        control=START.replace(order=Part(with_replacement)),
        treatment=apply(STORED),
        control_name="with replacement",
        treatment_name="shuffled",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
