"""Does the mean of late weights generalize better, on the plateau and in an unfinished run?"""

from __future__ import annotations

import torch

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD, noisy, short
from catalog.lab.train import Callback, Loop
from catalog.optimization.stochastic_weight_averaging.reference import SWA, update_batch_norm


class LateAveraging(Callback):
    """Averages the weights once an epoch from a share of the run on."""

    def __init__(self, start: float) -> None:
        self.start = start
        self.swa: SWA | None = None

    def after_step(self, loop: Loop) -> None:
        """Take the weights in at the end of an epoch of the tail."""
        is_late = loop.step > self.start * loop.total_steps
        if is_late and loop.step % loop.steps_per_epoch == 0:
            self.swa = self.swa or SWA(loop.model)
            self.swa.update(loop.model)

    def on_end(self, loop: Loop) -> None:
        """Leave the mean as the result; a run that ended before its tail keeps its weights."""
        if self.swa is not None:
            update_batch_norm(self.swa.average, torch.split(loop.data.train.x, loop.batch_size))
            loop.evaluated = self.swa.average


def with_tail(step: int, total_steps: int, start: float, tail: float, before: Part | None) -> float:
    """Return the schedule's factor up to the start of the tail, and a constant from there."""
    if step >= start * total_steps:
        return tail
    return float(before(step, total_steps)) if before is not None else 1.0


def apply(recipe: Recipe, start: float = 0.75, tail: float = 0.5) -> Recipe:
    """Return the recipe with a constant rate in its tail, and the mean of the tail as its result.

    Args:
        recipe: Any.
        start: Share of the run after which the weights are averaged.
        tail: The rate from there on, as a factor on the recipe's own.
    """
    schedule = Part(with_tail, start=start, tail=tail, before=recipe.schedule)
    return recipe.replace(schedule=schedule).plus(callbacks=Part(LateAveraging, start=start))


PLATEAU = noisy(0.2).replace(optimizer=SGD, lr=0.3, batch_size=8, epochs=20, evaluate_every=20)

EXPERIMENTS = (
    Experiment(
        question="Does the mean of the last weights have a lower validation loss than the last?",
        setting="400 digits, 20 % wrong labels, SGD 0.3, then 0.15 in the last 5 of 20 epochs",
        control=PLATEAU.replace(schedule=apply(PLATEAU).schedule),
        treatment=apply(PLATEAU),
        control_name="last weights",
        treatment_name="mean of 5 epochs",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
    Experiment(
        question="Does it have one, where the loss still falls fast?",
        setting="300 digits, 64-128-128-10, SGD 0.1, batches of 30, 100 steps, rate halved at 75",
        control=short().replace(schedule=apply(short()).schedule),
        treatment=apply(short()),
        control_name="last weights",
        treatment_name="mean of 2 epochs",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
