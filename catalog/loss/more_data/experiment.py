"""Do more examples lower the validation loss, and can they raise it?"""

from __future__ import annotations

import torch

from catalog.lab.data import Data, diabetes
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import linear
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few


def apply(recipe: Recipe, factor: float = 2.0) -> Recipe:
    """Return the recipe with more training examples, and about as many steps as before.

    Args:
        recipe: What to change.
        factor: New training examples for each old one, the old one included; above 1.

    Raises:
        NotApplicable: If the data have no setting for their number, or no more to give.
    """
    if not factor > 1:
        raise ValueError(f"factor must be above 1. Got {factor}.")
    count = round(factor * len(recipe.peek().train))
    changed = recipe.set_data(n_train=count)
    try:
        changed.peek()
    except ValueError as refusal:
        raise NotApplicable(f"the data do not have {count} training examples: {refusal}") from None
    return with_as_many_steps(recipe, changed)


def with_as_many_steps(before: Recipe, after: Recipe) -> Recipe:
    """Return a recipe on more data with its epochs cut to about the steps of another recipe."""
    ratio = _steps_per_epoch(before, before.peek()) / _steps_per_epoch(after, after.peek())
    epochs = max(1, round(ratio * before.epochs))
    return after.replace(
        epochs=epochs, evaluate_every=min(epochs, max(1, round(ratio * before.evaluate_every)))
    )


def _steps_per_epoch(recipe: Recipe, data: Data) -> int:
    count = len(data.train)
    return max(1, count // (min(recipe.batch_size or count, count) * recipe.accumulate))


def interpolating(examples: int) -> Recipe:
    """Return least squares with 111 coefficients, most of them of columns of noise."""
    return Recipe(
        data=Part(diabetes, n_train=examples, useless=100),
        model=Part(linear),
        optimizer=Part(torch.optim.LBFGS, max_iter=100),
        lr=1.0,
        epochs=20,
        evaluate_every=20,
    )


EXPERIMENTS = (
    Experiment(
        question="Do four times as many examples lower the validation loss of a net that overfits?",
        setting="100 or 400 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few(),
        treatment=apply(few(), factor=4.0),
        control_name="100 examples",
        treatment_name="400 examples",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Do more examples also help where they come close to the coefficients in number?",
        setting="diabetes with 100 columns of noise, least squares with 111 coefficients, L-BFGS",
        control=interpolating(50),
        treatment=apply(interpolating(50)),
        control_name="50 examples",
        treatment_name="100 examples",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
