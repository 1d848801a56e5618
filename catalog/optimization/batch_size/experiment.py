"""Does a larger batch lower the training loss, at as many steps and at as many epochs?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Recipe
from catalog.lab.tasks import jittery


def apply(recipe: Recipe, factor: int = 4) -> Recipe:
    """Return the recipe with larger batches, and more epochs so that it takes as many steps.

    The learning rate is left; it is to be tuned anew.

    Args:
        recipe: What is changed.
        factor: How many times as large the batches get, at most the whole training set.

    Raises:
        NotApplicable: If a batch is the whole training set already.
    """
    examples = len(recipe.peek().train)
    if recipe.batch_size is None or recipe.batch_size * recipe.accumulate >= examples:
        raise NotApplicable("a step sees the whole training set already.")
    batch_size = min(recipe.batch_size * factor, examples // recipe.accumulate)
    steps_before = examples // (recipe.batch_size * recipe.accumulate)
    steps_after = examples // (batch_size * recipe.accumulate)
    longer = steps_before / steps_after
    return recipe.replace(
        batch_size=batch_size,
        epochs=max(1, round(recipe.epochs * longer)),
        evaluate_every=max(1, round(recipe.evaluate_every * longer)),
    )


SMALL = jittery()
SETTING = "320 digits, 64-128-128-10, SGD at its best rate"
LR_GRID = (0.1, 0.2, 0.4, 0.8, 1.6)

EXPERIMENTS = (
    Experiment(
        question="Does a larger batch lower the training loss in as many steps?",
        setting=f"{SETTING}, 400 steps",
        control=SMALL,
        treatment=apply(SMALL, factor=8),
        control_name="batches of 8",
        treatment_name="batches of 64",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does it also lower the training loss in as many epochs, with fewer steps?",
        setting=f"{SETTING}, 10 epochs",
        control=SMALL,
        treatment=SMALL.replace(batch_size=64),
        control_name="batches of 8",
        treatment_name="batches of 64",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
