"""Does a smaller network generalize better, and do fewer inputs, where most are useless?"""

from __future__ import annotations

import dataclasses

from torch.nn import functional as F

from catalog.architecture.larger_model.experiment import apply as resized
from catalog.architecture.smaller_model.reference import related_inputs
from catalog.lab.data import Data, Split, diabetes
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM, few, noisy


def apply(recipe: Recipe, factor: float = 0.25) -> Recipe:
    """Return the recipe with a network of fewer units or channels in each hidden layer.

    Raises:
        NotApplicable: If the recipe's model has no setting for its size.
    """
    return resized(recipe, factor)


def fewer_inputs(seed: int, data: Part, count: int) -> Data:
    """Return data with the inputs alone that tell most of the targets in the training set."""
    whole: Data = data(seed)
    y = whole.train.y
    if whole.task == "classification":
        y = F.one_hot(y, whole.outputs).to(whole.train.x.dtype)
    kept = related_inputs(whole.train.x, y, count)

    def select(split: Split) -> Split:
        return Split(split.x[:, kept], split.y)

    return dataclasses.replace(
        whole,
        train=select(whole.train),
        val=select(whole.val),
        unlabelled=None if whole.unlabelled is None else whole.unlabelled[:, kept],
        test=None if whole.test is None else select(whole.test),
    )


def with_fewer_inputs(recipe: Recipe, count: int) -> Recipe:
    """Return the recipe with the inputs alone that tell most of the targets.

    Raises:
        NotApplicable: If an example is more than a row of numbers, or has fewer of them.
    """
    shape = recipe.peek().inputs
    if len(shape) != 1 or shape[0] < count:
        raise NotApplicable(f"it selects {count} columns, and an example has the shape {shape}.")
    return recipe.replace(data=Part(fewer_inputs, data=recipe.data, count=count))


MEMORIZED = noisy().replace(lr=3e-3, epochs=80, evaluate_every=80)
"""Long enough to learn the wrong labels by heart at this rate, which is not the best for it."""
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
USELESS = Recipe(
    data=Part(diabetes, useless=50),
    model=Part(mlp, widths=(32, 32)),
    optimizer=ADAM,
    lr=1e-3,
    epochs=40,
    batch_size=32,
    evaluate_every=40,
)

EXPERIMENTS = (
    Experiment(
        question="Does a quarter of the width lower the validation loss with wrong labels?",
        setting="400 digits, 30 % wrong labels, 64-128-128-10, Adam at its best rate, 800 steps",
        control=MEMORIZED,
        treatment=apply(MEMORIZED),
        control_name="128 units",
        treatment_name="32 units",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it at a rate at which the wide network learns wrong labels by heart?",
        setting="400 digits, 30 % wrong labels, 64-128-128-10, Adam 0.003, 800 steps",
        control=MEMORIZED,
        treatment=apply(MEMORIZED),
        control_name="128 units",
        treatment_name="32 units",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does a quarter of the width lower the validation loss with right labels?",
        setting="100 digits, 64-128-128-10, Adam at its best rate, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="128 units",
        treatment_name="32 units",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does selecting inputs lower the validation loss where most are useless?",
        setting="221 patients of 10 measurements and 50 columns of noise, 60-32-32-1, Adam 0.001,"
        " batches of 32, 240 steps",
        control=USELESS,
        treatment=with_fewer_inputs(USELESS, 10),
        control_name="60 inputs",
        treatment_name="the 10 with the largest correlation",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
