"""How far does the validation score of the best of several networks promise too much?"""

from __future__ import annotations

from functools import cache, partial

import torch
from torch import Tensor

from catalog.lab.data import Data, with_test
from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import predict, train
from catalog.optimization.validation.reference import split


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with half of its validation set kept apart as a test set.

    Raises:
        NotApplicable: If there is a test set already.
    """
    if recipe.peek().test is not None:
        raise NotApplicable("there is a test set already.")
    return recipe.replace(data=Part(with_test, source=recipe.data))


CANDIDATES = 20


def of_seed(seed: int, data: Part, fixed: int) -> Data:
    """Return the data of a fixed seed, so that runs differ in all but their data."""
    del seed
    held: Data = data(fixed)
    return held


@cache
def hits(seed: int) -> Tensor:
    """Return which held-out examples each candidate gets right, (candidates, n) of 0 and 1.

    The candidates differ in their start and in the order of their batches.
    """
    recipe = short(60)
    recipe = recipe.replace(data=Part(of_seed, data=recipe.data, fixed=seed))
    rows = []
    for candidate in range(CANDIDATES):
        fit = train(recipe.replace(seed=1000 * seed + candidate))
        rows.append(predict(fit.model, fit.data.val.x).argmax(1) == fit.data.val.y)
    return torch.stack(rows).double()


def outcome(seed: int, examples: int, chosen: bool) -> dict[str, float]:
    """Return the accuracies of the candidate that validates best, or of all in the mean."""
    found = hits(seed)
    share = examples / found.shape[1]
    generator = torch.Generator().manual_seed(seed)
    val_rows, test_rows = split(found.shape[1], (share, 1 - share), generator)
    val, test = found[:, val_rows].mean(1), found[:, test_rows].mean(1)  # (candidates,)
    best = int(val.argmax())
    val_accuracy = float(val[best] if chosen else val.mean())
    test_accuracy = float(test[best] if chosen else test.mean())
    return {
        "val_minus_test_accuracy": val_accuracy - test_accuracy,
        "held_out_accuracy": val_accuracy,
        "test_accuracy": test_accuracy,
    }


SETTING = "300 digits, 64-128-128-10, SGD 0.1, 60 steps; 20 networks from other starts"

EXPERIMENTS = (
    Experiment(
        question="Is the validation accuracy of the best of 20 networks above its test accuracy?",
        setting=f"{SETTING}, validated on 100 examples and tested on 798 others",
        control=partial(outcome, examples=100, chosen=False),
        treatment=partial(outcome, examples=100, chosen=True),
        control_name="mean of all",
        treatment_name="best on validation",
        claims=(
            Claim("neither", "val_minus_test_accuracy", lower_is_better=False),
            Claim("neither", "test_accuracy", lower_is_better=False),
        ),
    ),
    Experiment(
        question="Does a larger validation set promise less too much?",
        setting=f"{SETTING}, the best one validated on 100 or 449 examples and tested on the rest",
        control=partial(outcome, examples=100, chosen=True),
        treatment=partial(outcome, examples=449, chosen=True),
        control_name="100 examples",
        treatment_name="449 examples",
        claims=(Claim("neither", "val_minus_test_accuracy"),),
    ),
)
