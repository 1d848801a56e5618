"""How far does plain gradient descent get where directions want different learning rates?"""

from __future__ import annotations

import math

import torch

from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import valley
from catalog.lab.train import Fit
from catalog.optimization.gradient_descent.reference import GradientDescent

FARTHEST = 10.0
"""What a distance is cut off at: a run that left the valley is at no distance worth telling."""


def apply(recipe: Recipe, lr: float = 0.1, full_batch: bool = True) -> Recipe:
    """Return the recipe with plain gradient descent, each step on all the training data.

    The passes over the data stay as many, so full batches leave fewer steps.
    """
    recipe = recipe.replace(optimizer=Part(GradientDescent), lr=lr)
    return recipe.replace(batch_size=None, accumulate=1) if full_batch else recipe


def distance_left(fit: Fit) -> dict[str, float]:
    """Return how far the weights are from the bottom, as a share of the way from zero to it."""
    bottom = torch.linalg.lstsq(fit.data.train.x.double(), fit.data.train.y.double()).solution
    weights = next(fit.model.parameters()).detach().double().flatten()
    left = float((weights - bottom.flatten()).norm() / bottom.norm())
    # Single precision gives no more than about four digits of it.
    return {"distance_left": round(min(left, FARTHEST), 4) if math.isfinite(left) else FARTHEST}


FARTHER = Claim("neither", "distance_left", lower_is_better=False)

EXPERIMENTS = (
    Experiment(
        question="Does a narrow valley hold gradient descent up, at a rate for its steep sides?",
        setting="a quadratic bowl in two weights, curvatures 1 and 1 or 4000 and 1, 100 steps",
        # One over the curvature takes the steepest direction to its bottom in one step.
        control=apply(valley(curvatures=(1.0, 1.0)), lr=1.0),
        treatment=apply(valley(), lr=1 / 4000),
        control_name="round bowl",
        treatment_name="narrow valley",
        claims=(FARTHER,),
        metrics=distance_left,
    ),
    Experiment(
        question="In the valley, does a rate ten times one that crawls diverge?",
        setting="a quadratic bowl in two weights, curvatures 4000 and 1, 100 steps",
        control=apply(valley(), lr=1e-4),
        treatment=apply(valley(), lr=1e-3),
        control_name="rate 0.0001",
        treatment_name="rate 0.001",
        claims=(FARTHER,),
        metrics=distance_left,
    ),
    Experiment(
        question="Is gradient descent held up more where the valley runs askew?",
        setting="a quadratic bowl in two weights, curvatures 4000 and 1, 100 steps, rate 0.0003",
        control=apply(valley(), lr=3e-4),
        treatment=apply(valley(angle=45.0), lr=3e-4),
        control_name="along the axes",
        treatment_name="turned by 45 degrees",
        claims=(FARTHER,),
        metrics=distance_left,
    ),
)
