"""Does looking ahead improve on plain momentum, without and with the noise of batches?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.optimization.momentum.experiment import apply as with_momentum
from catalog.optimization.nesterov_momentum.reference import NesterovMomentum


def apply(recipe: Recipe, lr: float = 0.01, momentum: float = 0.9) -> Recipe:
    """Return the recipe with Nesterov momentum, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(NesterovMomentum, momentum=momentum), lr=lr)


def full_batch() -> Recipe:
    """Return 100 steps on all the data: no noise hides a slow oscillation."""
    return short().replace(batch_size=None, epochs=100, evaluate_every=100)


RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)

EXPERIMENTS = (
    Experiment(
        question="At high momentum, does looking ahead lower the training loss after 100 steps?",
        setting="300 digits, 64-128-128-10, full batches, 100 steps, momentum 0.99, best rates",
        control=with_momentum(full_batch(), momentum=0.99),
        treatment=apply(full_batch(), momentum=0.99),
        control_name="momentum",
        treatment_name="Nesterov momentum",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it at the common momentum, on batches?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, momentum 0.9, best rates",
        control=with_momentum(short()),
        treatment=apply(short()),
        control_name="momentum",
        treatment_name="Nesterov momentum",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
)
