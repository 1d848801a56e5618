"""Does a pace for each parameter help where features differ in size, and where they do not?"""

from __future__ import annotations

from catalog.lab.data import breast_cancer
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.models import linear
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, short, valley
from catalog.optimization.adagrad.reference import Adagrad
from catalog.optimization.gradient_descent.experiment import FARTHER, distance_left


def apply(recipe: Recipe, lr: float = 0.01) -> Recipe:
    """Return the recipe with Adagrad, at a learning rate that suits it."""
    return recipe.replace(optimizer=Part(Adagrad), lr=lr)


def unscaled() -> Recipe:
    """Return a linear classifier on measurements in units of very different size."""
    return Recipe(
        data=Part(breast_cancer, scaled=False),
        model=Part(linear),
        optimizer=SGD,
        lr=1e-5,
        epochs=300,
        evaluate_every=300,
    )


NEARER = Claim("optimization", "distance_left")
RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0, 10.0)

EXPERIMENTS = (
    Experiment(
        question="Does Adagrad lower the training loss where features differ in size?",
        setting="breast cancer, columns as measured, linear, full batches, 300 steps, best rates",
        control=unscaled(),
        treatment=apply(unscaled()),
        control_name="SGD",
        treatment_name="Adagrad",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0),
    ),
    Experiment(
        question="Does it reach a lower training loss than plain SGD in 100 steps on images?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=short(),
        treatment=apply(short()),
        control_name="SGD",
        treatment_name="Adagrad",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0),
    ),
    Experiment(
        question="Does it get farther down a valley that runs along the axes?",
        setting="a quadratic bowl in two weights, curvatures 4000 and 1, 100 steps, best rates",
        control=valley(),
        treatment=apply(valley()),
        control_name="gradient descent",
        treatment_name="Adagrad",
        claims=(NEARER,),
        lr_grid=RATES,
        metrics=distance_left,
    ),
    Experiment(
        question="Does it get farther down a valley that runs askew?",
        setting="the same bowl turned by 45 degrees, 100 steps, best rates",
        control=valley(angle=45.0),
        treatment=apply(valley(angle=45.0)),
        control_name="gradient descent",
        treatment_name="Adagrad",
        claims=(NEARER,),
        lr_grid=RATES,
        metrics=distance_left,
    ),
    Experiment(
        question="Is Adagrad held up more where the valley runs askew?",
        setting="a quadratic bowl in two weights, curvatures 4000 and 1, 100 steps, rate 1",
        control=apply(valley(), lr=1.0),
        treatment=apply(valley(angle=45.0), lr=1.0),
        control_name="along the axes",
        treatment_name="turned by 45 degrees",
        claims=(FARTHER,),
        metrics=distance_left,
    ),
)
