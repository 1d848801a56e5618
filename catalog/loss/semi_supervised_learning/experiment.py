"""Do unlabelled examples help where labels are few, and which ones do harm?"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from catalog.lab.data import Data, Split, digits
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few_labels
from catalog.lab.train import Batch
from catalog.loss.more_data.experiment import with_as_many_steps
from catalog.loss.semi_supervised_learning.reference import propagate_labels

MOST = 2000
"""Unlabelled examples that labels are propagated to: the equations grow with their square."""


def semi_supervised_data(recipe: Recipe) -> Data:
    """Return the recipe's data, which have classes and unlabelled inputs.

    Raises:
        NotApplicable: If they lack one of them, or the inputs are no real numbers.
    """
    data = recipe.peek()
    if data.task != "classification":
        raise NotApplicable("it guesses classes, and the targets are numbers.")
    if data.unlabelled is None:
        raise NotApplicable("the data have no unlabelled inputs.")
    if not data.unlabelled.is_floating_point():
        raise NotApplicable("it needs inputs of real numbers, and they are whole ones.")
    return data


def draw_unlabelled(batch: Batch, count: int) -> Tensor:
    """Return some unlabelled inputs, drawn with replacement; (count, ...)."""
    pool = batch.data.unlabelled
    if pool is None:
        raise ValueError("the data have no unlabelled inputs.")
    chosen = torch.randint(len(pool), (count,), generator=batch.generator, device=pool.device)
    return pool[chosen]


def propagated(seed: int, source: Part, sigma: float | None) -> Data:
    """Return data whose unlabelled examples joined the training set with propagated labels."""
    data: Data = source(seed)
    x, y = data.train
    pool = data.unlabelled
    if pool is None:
        return data
    pool = pool[:MOST]
    guesses = propagate_labels(x, y, pool, data.outputs, sigma).argmax(1)
    return dataclasses.replace(data, train=Split(torch.cat([x, pool]), torch.cat([y, guesses])))


def with_strangers(seed: int, source: Part, strangers: Part) -> Data:
    """Return data whose unlabelled inputs are exchanged for those of other data."""
    data: Data = source(seed)
    return dataclasses.replace(data, unlabelled=strangers(seed).train.x)


def of_other_classes() -> Recipe:
    """Return a run with labels of the digits 0 to 4, and 5 to 9 as its unlabelled images."""
    recipe = few_labels()
    source = Part(digits, n_train=15, classes=(0, 1, 2, 3, 4))
    # 400 of the about 448 in one half: their labels are not used.
    strangers = Part(digits, n_train=400, classes=(5, 6, 7, 8, 9))
    return recipe.replace(
        data=Part(with_strangers, source=source, strangers=strangers), batch_size=15
    )


def apply(recipe: Recipe, sigma: float | None = None) -> Recipe:
    """Return the recipe with labels propagated to the unlabelled examples, at as many steps.

    Raises:
        NotApplicable: If there are no classes, no unlabelled inputs, or no real numbers.
    """
    semi_supervised_data(recipe)
    changed = recipe.replace(data=Part(propagated, source=recipe.data, sigma=sigma))
    return with_as_many_steps(recipe, changed)


EXPERIMENTS = (
    Experiment(
        question="Do labels propagated to unlabelled images lower the validation loss?",
        setting="30 labelled and 869 unlabelled digits, small CNN, Adam 0.003, 200 steps",
        control=few_labels(),
        treatment=apply(few_labels()),
        control_name="labels only",
        treatment_name="label propagation",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Do they also help where all the unlabelled images are of other classes?",
        setting="15 labelled digits of 0-4, 400 unlabelled of 5-9, small CNN, 200 steps",
        control=of_other_classes(),
        treatment=apply(of_other_classes()),
        control_name="labels only",
        treatment_name="label propagation",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
