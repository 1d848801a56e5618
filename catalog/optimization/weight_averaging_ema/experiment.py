"""Does an average of the weights help where batch noise sets the level, and after a decay?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.lab.train import Callback, Loop
from catalog.optimization.cosine_schedule.experiment import apply as decayed
from catalog.optimization.weight_averaging_ema.reference import EMA


class Averaging(Callback):
    """Evaluates the moving average in place of the trained network."""

    def __init__(self, window: float) -> None:
        self.window = window

    def on_start(self, loop: Loop) -> None:
        """Start the average at the network's start."""
        steps = max(1.0, self.window * loop.total_steps)
        self.ema = EMA(loop.model, decay=1 - 1 / steps)
        loop.evaluated = self.ema.average

    def after_step(self, loop: Loop) -> None:
        """Follow the network."""
        self.ema.update(loop.model)


def apply(recipe: Recipe, window: float = 0.1) -> Recipe:
    """Return the recipe with a moving average of the weights as its result.

    Args:
        recipe: Any.
        window: 1 / (1 - decay), the steps that the average reaches back, as a share of the run.
    """
    return recipe.plus(callbacks=Part(Averaging, window=window))


EXPERIMENTS = (
    Experiment(
        question="Do averaged weights have lower losses than the last ones of a run that jitters?",
        setting="320 digits, 64-128-128-10, SGD at 0.5, batches of 8, 400 steps, window 40",
        control=jittery(),
        treatment=apply(jittery()),
        control_name="last weights",
        treatment_name="average",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
    ),
    Experiment(
        question="Do they, when the learning rate has decayed to zero?",
        setting="320 digits, 64-128-128-10, SGD from 0.5 to 0 by a cosine, batches of 8, 400 steps",
        control=decayed(jittery()),
        treatment=apply(decayed(jittery())),
        control_name="last weights",
        treatment_name="average",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
    ),
)
