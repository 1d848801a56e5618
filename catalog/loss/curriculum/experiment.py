"""Do short sequences first help a recurrent network, and easy examples first a classifier?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import Split, adding
from catalog.lab.experiment import LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import rnn
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM, noisy
from catalog.loss.curriculum.reference import centroid_difficulty, curriculum_order, pool_share


def easiest_first(
    split: Split,
    epoch: int,
    epochs: int,
    generator: torch.Generator,
    difficulty: Part,
    start: float,
    ramp: float,
) -> Tensor:
    """Return an epoch's examples, from a pool that widens from epoch to epoch."""
    share = pool_share(epoch / epochs, start, ramp)
    return curriculum_order(difficulty(split), share, generator)


def nearness_to_other_classes(split: Split) -> Tensor:
    """Return the difficulty of classified examples."""
    return centroid_difficulty(split.x, split.y)


def sequence_length(split: Split) -> Tensor:
    """Return the time steps that are not blank, as the difficulty of sequences."""
    return (split.x != 0).any(2).sum(1)


def apply(
    recipe: Recipe, start: float = 0.2, ramp: float = 0.5, difficulty: Part | None = None
) -> Recipe:
    """Return the recipe with the easiest examples first.

    Args:
        recipe: What is changed.
        start: Share of the examples in the first epoch.
        ramp: Share of the epochs after which all are in.
        difficulty: `(split) -> (n,)`; None for the nearness to the means of other classes.

    Raises:
        NotApplicable: If no difficulty is given and the targets are no classes.
    """
    if difficulty is None:
        if recipe.peek().task != "classification":
            raise NotApplicable("it ranks examples by their class, and the targets are numbers.")
        difficulty = Part(nearness_to_other_classes)
    order = Part(easiest_first, difficulty=difficulty, start=start, ramp=ramp)
    return recipe.replace(order=order)


SEQUENCES = Recipe(
    data=Part(adding, length=20, shortest=4),
    model=Part(rnn),
    optimizer=ADAM,
    lr=0.01,
    epochs=20,
    batch_size=32,
    evaluate_every=20,
)

EXPERIMENTS = (
    Experiment(
        question="Do short sequences first lower the training loss of a recurrent network?",
        setting="512 sums in sequences of 4 to 20, RNN of 32, Adam 0.01, batches of 32, 320 steps",
        control=SEQUENCES,
        treatment=apply(SEQUENCES, difficulty=Part(sequence_length)),
        control_name="all from the start",
        treatment_name="short ones first",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Do easy examples first lower the validation loss where labels are wrong?",
        setting="400 digits, 30% wrong labels, 64-128-128-10, Adam 0.001, batches of 40, 600 steps",
        control=noisy(),
        treatment=apply(noisy()),
        control_name="all from the start",
        treatment_name="easy ones first",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
