"""Do accumulated gradients lower a training loss at which batch noise sets the level?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Recipe
from catalog.lab.tasks import jittery


def apply(recipe: Recipe, k: int = 4) -> Recipe:
    """Return the recipe with the gradients of `k` times as many batches in each step.

    Raises:
        NotApplicable: If the training set has not that many batches.
    """
    count = len(recipe.peek().train)
    batch = min(recipe.batch_size or count, count)
    if batch * recipe.accumulate * k > count:
        raise NotApplicable(f"{k} times the batch is more than the training set of {count}.")
    return recipe.replace(accumulate=recipe.accumulate * k)


EXPERIMENTS = (
    Experiment(
        question="Does summing 4 batches a step lower a training loss that jitters?",
        setting="320 digits, 64-128-128-10, SGD at 0.5, batches of 8, 10 epochs in both arms",
        control=jittery(),
        treatment=apply(jittery()),
        control_name="8 a step",
        treatment_name="4 times 8",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it still, when each arm has the learning rate that suits it?",
        setting="320 digits, 64-128-128-10, SGD at its best rate, batches of 8, 10 epochs",
        control=jittery(),
        treatment=apply(jittery()),
        control_name="8 a step",
        treatment_name="4 times 8",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.03, 0.1, 0.3, 1.0, 3.0),
    ),
)
