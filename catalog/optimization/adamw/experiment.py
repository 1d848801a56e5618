"""Does AdamW lower both losses, and which of its two parts lowers which?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, few, short
from catalog.optimization.adam.reference import Adam
from catalog.optimization.adamw.reference import AdamW


def apply(recipe: Recipe, lr: float = 1e-3, weight_decay: float = 0.1) -> Recipe:
    """Return the recipe with AdamW as its optimizer, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(AdamW, weight_decay=weight_decay), lr=lr)


STRONG = 1.0
"""A decay that takes away a part of the weights in a few hundred steps."""
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)

EXPERIMENTS = (
    Experiment(
        question="Does AdamW reach lower losses than plain SGD, on both sets?",
        setting="100 digits, 64-128-128-10, 300 full-batch steps, decay 1, best rate of each",
        control=few().replace(optimizer=SGD, lr=0.1),
        treatment=apply(few(), weight_decay=STRONG),
        control_name="SGD",
        treatment_name="AdamW",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS),
        lr_grid=(3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0),
    ),
    Experiment(
        question="Is it the decay that lowers the validation loss?",
        setting="100 digits, 64-128-128-10, 300 full-batch steps, best rate of each",
        control=few().replace(optimizer=Part(Adam)),
        treatment=apply(few(), weight_decay=STRONG),
        control_name="Adam",
        treatment_name="AdamW, decay 1",
        claims=(LOWER_VALIDATION_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Is it better than an L2 penalty inside Adam that lowers the loss as well?",
        setting="100 digits, 64-128-128-10, 300 full-batch steps, best rate of each",
        control=few().replace(optimizer=Part(Adam, weight_decay=1e-3)),
        treatment=apply(few(), weight_decay=STRONG),
        control_name="Adam, L2 0.001",
        treatment_name="AdamW, decay 1",
        claims=(LOWER_VALIDATION_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="With PyTorch's decay, does it reach a lower training loss than SGD in 100 steps?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=short(),
        treatment=apply(short(), weight_decay=1e-2),
        control_name="SGD",
        treatment_name="AdamW, decay 0.01",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0),
    ),
)
