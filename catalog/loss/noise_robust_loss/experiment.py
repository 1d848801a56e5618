"""Does the generalized cross-entropy help where labels are wrong, and where they are right?

A network that does not believe the wrong labels can have a larger loss on its training set than
one that ignores the inputs. That is no divergence, and its results are taken as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import noisy
from catalog.lab.train import train
from catalog.loss.cross_entropy.experiment import instead_of_cross_entropy
from catalog.loss.noise_robust_loss.reference import generalized_cross_entropy


def apply(recipe: Recipe, q: float = 0.7) -> Recipe:
    """Return the recipe with the generalized cross-entropy.

    Raises:
        NotApplicable: If the recipe trains another loss than the plain cross-entropy.
    """
    return instead_of_cross_entropy(recipe, Part(generalized_cross_entropy, q=q))


def outcome(seed: int, recipe: Recipe) -> Mapping[str, float]:
    """Return what a run measured; what counts as diverged is judged by the validation loss."""
    fit = train(recipe.replace(seed=seed))
    _, constant = fit.data.constant_losses()
    return fit.final if fit.final["val_loss"] <= constant else fit.results()


CLAIMS = (LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY)

EXPERIMENTS = (
    Experiment(
        question="Does it lower the validation loss where 30 % of the training labels are wrong?",
        setting="400 digits with wrong labels, 64-128-128-10, Adam 0.001, batches of 40, 600 steps",
        control=Part(outcome, recipe=noisy()),
        treatment=Part(outcome, recipe=apply(noisy())),
        control_name="cross-entropy",
        treatment_name="generalized",
        claims=CLAIMS,
    ),
    Experiment(
        question="Does it lower the validation loss where all labels are right?",
        setting="400 digits, 64-128-128-10, Adam 0.001, batches of 40, 600 steps",
        control=Part(outcome, recipe=noisy(0.0)),
        treatment=Part(outcome, recipe=apply(noisy(0.0))),
        control_name="cross-entropy",
        treatment_name="generalized",
        claims=CLAIMS,
    ),
)
