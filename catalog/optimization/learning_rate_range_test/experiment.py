"""Does a range test find a good learning rate, as good a one as a search by whole runs does?"""

from __future__ import annotations

import math
from typing import Literal

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import Callback, Loop, train
from catalog.optimization.learning_rate.experiment import apply as apply_search
from catalog.optimization.learning_rate_range_test.reference import rising_rate, suggest


def rising_factor(step: int, total_steps: int, low: float, high: float) -> float:
    """Return the rising rate as a factor on the lowest, as a schedule."""
    return rising_rate(step, max(2, total_steps), low, high) / low


class RangeTestFirst(Callback):
    """Chooses the learning rate by a range test, before the run itself begins.

    Args:
        low: The first rate.
        high: The last rate.
        steps: Steps of the test, rounded up to whole epochs.
        rule: How the rate is read off the curve.
        margin: How far below the lowest loss to stay, for the rule `minimum`.
    """

    def __init__(
        self,
        low: float = 1e-6,
        high: float = 10.0,
        steps: int = 100,
        rule: Literal["minimum", "steepest"] = "minimum",
        margin: float = 3.0,
    ) -> None:
        self.low, self.high, self.steps = low, high, steps
        self.rule = rule
        self.margin = margin

    def on_start(self, loop: Loop) -> None:
        """Put the rate that is suggested in the place of the recipe's."""
        epochs = math.ceil(self.steps / loop.steps_per_epoch)
        test = loop.recipe.replace(
            lr=self.low,
            schedule=Part(rising_factor, low=self.low, high=self.high),
            epochs=epochs,
            evaluate_every=epochs,
            callbacks=(),
            finish=(),
        )
        series = train(test, loop.generator.device).history.series
        rates, losses = (series[name].value.tolist() for name in ("lr", "loss"))
        rate = suggest(rates, losses, self.rule, self.margin)
        for group in loop.optimizer.param_groups:
            group["initial_lr"] *= rate / loop.recipe.lr


def apply(
    recipe: Recipe,
    steps: int = 100,
    rule: Literal["minimum", "steepest"] = "minimum",
    margin: float = 3.0,
) -> Recipe:
    """Return the recipe with a range test before it runs, that chooses its learning rate.

    Args:
        recipe: What is changed.
        steps: Steps of the test.
        rule: How the rate is read off the curve.
        margin: How far below the lowest loss to stay, for the rule `minimum`.
    """
    return recipe.plus(callbacks=Part(RangeTestFirst, steps=steps, rule=rule, margin=margin))


DEFAULT = short().replace(lr=1e-3)
SETTING = "300 digits, 64-128-128-10, SGD, batches of 30, 100 steps; test over 100 steps"

EXPERIMENTS = (
    Experiment(
        question="Does a range test lower the training loss below that at PyTorch's default rate?",
        setting=f"{SETTING}, a third of the rate of the lowest loss",
        control=DEFAULT,
        treatment=apply(DEFAULT),
        control_name="rate 0.001",
        treatment_name="range test",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it end lower than a search by nine runs of the full length?",
        setting=f"{SETTING}, a third of the rate of the lowest loss",
        control=apply_search(DEFAULT, share=1.0),
        treatment=apply(DEFAULT),
        control_name="search",
        treatment_name="range test",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Is the steepest point of the curve a better choice than a third of its minimum?",
        setting=SETTING,
        control=apply(DEFAULT),
        treatment=apply(DEFAULT, rule="steepest"),
        control_name="minimum",
        treatment_name="steepest",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
