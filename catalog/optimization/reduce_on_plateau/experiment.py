"""Does cutting the rate on plateaus lower the training loss, at the best rate and above it?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.lab.train import Callback, Loop
from catalog.optimization.learning_rate_decay.experiment import apply as apply_decay
from catalog.optimization.reduce_on_plateau.reference import Plateau


class ReduceRate(Callback):
    """Cuts the rate that the schedule multiplies, at the evaluation that ends a plateau.

    Args:
        factor: Of each cut.
        patience: Evaluations without an improvement that are borne.
        monitor: The series that is watched.
    """

    def __init__(self, factor: float = 0.3, patience: int = 3, monitor: str = "val_loss") -> None:
        self.plateau = Plateau(patience=patience)
        self.factor = factor
        self.monitor = monitor

    def after_evaluation(self, loop: Loop) -> None:
        """Check the last evaluation."""
        if self.plateau.check(loop.latest(self.monitor)):
            for group in loop.optimizer.param_groups:
                group["initial_lr"] *= self.factor


def apply(recipe: Recipe, factor: float = 0.3, patience: int = 3) -> Recipe:
    """Return the recipe with an evaluation each epoch, and a cut of the rate on each plateau.

    Args:
        recipe: What is changed.
        factor: Of each cut.
        patience: Epochs without a lower validation loss that are borne.
    """
    part = Part(ReduceRate, factor=factor, patience=patience)
    return recipe.replace(evaluate_every=1).plus(callbacks=part)


LONG = jittery().replace(epochs=20, evaluate_every=20)
SETTING = "320 digits, 64-128-128-10, SGD, batches of 8, 20 epochs, factor 0.3, patience 3"
LR_GRID = (0.1, 0.2, 0.4, 0.8)

EXPERIMENTS = (
    Experiment(
        question="Do cuts on plateaus lower the training loss of a run at its best rate?",
        setting=f"{SETTING}, best rate of each",
        control=LONG,
        treatment=apply(LONG),
        control_name="constant rate",
        treatment_name="reduce on plateau",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Do they end lower than a linear decay that knows the length of the run?",
        setting=f"{SETTING}, best rate of each",
        control=apply_decay(LONG),
        treatment=apply(LONG),
        control_name="linear decay",
        treatment_name="reduce on plateau",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Do they lower the training loss of a run at a rate well above the best one?",
        setting=f"{SETTING}, rate 0.5",
        control=LONG,
        treatment=apply(LONG),
        control_name="constant rate",
        treatment_name="reduce on plateau",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
