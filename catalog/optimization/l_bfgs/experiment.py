"""Does L-BFGS find a lower training loss on full batches, and what do small batches do to it?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short, valley
from catalog.optimization.adam.experiment import apply as with_adam
from catalog.optimization.gradient_descent.experiment import distance_left
from catalog.optimization.l_bfgs.reference import LBFGS
from catalog.optimization.nesterov_momentum.experiment import full_batch


def apply(recipe: Recipe, lr: float = 1.0, max_iter: int = 20, all_data: bool = True) -> Recipe:
    """Return the recipe with L-BFGS, on full batches and without a schedule.

    Args:
        recipe: Any; dropout and other noise in the network would mislead the line search.
        lr: The length of step that is tried first.
        max_iter: Iterations of one step; the run has fewer epochs by this factor.
        all_data: Take each step on all the data; else on the recipe's batches.
    """
    changed = recipe.replace(optimizer=Part(LBFGS, max_iter=max_iter), lr=lr, schedule=None)
    if all_data:
        changed = changed.replace(batch_size=None, accumulate=1)
    return changed.replace(
        epochs=max(1, recipe.epochs // max_iter),
        evaluate_every=max(1, recipe.evaluate_every // max_iter),
    )


EXPERIMENTS = (
    Experiment(
        question="Does it reach a lower training loss than Adam in as many iterations?",
        setting="300 digits, 64-128-128-10, full batches, 100 iterations, best rate of each",
        control=with_adam(full_batch()),
        treatment=apply(full_batch()),
        control_name="Adam",
        treatment_name="L-BFGS",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0),
    ),
    Experiment(
        question="Does it get to the bottom of a valley that runs askew?",
        setting="a quadratic bowl turned by 45 degrees, curvatures 4000 and 1, 100 iterations",
        control=valley(angle=45.0).replace(lr=3e-4),
        treatment=apply(valley(angle=45.0)),
        control_name="gradient descent",
        treatment_name="L-BFGS",
        claims=(Claim("optimization", "distance_left"),),
        metrics=distance_left,
    ),
    Experiment(
        question="Does it beat Adam if each iteration sees another small batch?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 iterations, best rate of each",
        control=with_adam(short()),
        treatment=apply(short(), max_iter=1, all_data=False),
        control_name="Adam",
        treatment_name="L-BFGS",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 1e-2, 0.1, 1.0, 10.0),
    ),
)
