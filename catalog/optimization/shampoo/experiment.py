"""Does Shampoo need fewer steps, and does it find its way down a valley that runs askew?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short, valley
from catalog.optimization.adagrad.experiment import RATES
from catalog.optimization.adagrad.experiment import apply as with_adagrad
from catalog.optimization.adam.experiment import apply as with_adam
from catalog.optimization.gradient_descent.experiment import distance_left
from catalog.optimization.shampoo.reference import Shampoo


def apply(recipe: Recipe, lr: float = 0.1, interval: int = 1) -> Recipe:
    """Return the recipe with Shampoo as its optimizer, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(Shampoo, interval=interval), lr=lr)


def narrow() -> Recipe:
    """Return a run of few steps on a net so small that new roots in each step cost little."""
    return short().set_model(widths=(32, 32))


STEP_SIZES = (3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)

EXPERIMENTS = (
    Experiment(
        question="Does Shampoo reach a lower training loss than Adam in 100 steps?",
        setting="300 digits, 64-32-32-10, batches of 30, 100 steps, new roots in each, best rates",
        control=with_adam(narrow()),
        treatment=apply(narrow()),
        control_name="Adam",
        treatment_name="Shampoo",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=STEP_SIZES,
    ),
    Experiment(
        question="Does it get farther than Adagrad down a valley that runs askew?",
        setting="a bowl in two weights turned by 45 degrees, curvatures 4000 and 1, 100 steps",
        control=with_adagrad(valley(angle=45.0)),
        treatment=apply(valley(angle=45.0)),
        control_name="Adagrad",
        treatment_name="Shampoo",
        claims=(Claim("optimization", "distance_left"),),
        lr_grid=(*RATES, 30.0, 100.0),
        metrics=distance_left,
    ),
    Experiment(
        question="Do new roots in each step lower the training loss, against one in ten steps?",
        setting="300 digits, 64-32-32-10, batches of 30, 100 steps, best rate of each",
        control=apply(narrow(), interval=10),
        treatment=apply(narrow()),
        control_name="every tenth step",
        treatment_name="each step",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=STEP_SIZES,
    ),
)
