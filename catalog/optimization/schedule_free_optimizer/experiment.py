"""Does an average of the weights replace a decay of the learning rate?"""

from __future__ import annotations

import copy

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import jittery
from catalog.lab.train import Callback, Loop
from catalog.optimization.cosine_schedule.experiment import apply as decayed
from catalog.optimization.schedule_free_optimizer.reference import (
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
)


class AtAverage(Callback):
    """Evaluates a copy of the network at the optimizer's average."""

    def on_start(self, loop: Loop) -> None:
        """Put the copy in the network's place."""
        loop.evaluated = copy.deepcopy(loop.model)

    def after_step(self, loop: Loop) -> None:
        """At the end of an epoch, when it may be evaluated, bring the copy up to date."""
        optimizer = loop.optimizer
        if loop.step % loop.steps_per_epoch or not isinstance(optimizer, ScheduleFreeSGD):
            return
        optimizer.eval()
        loop.evaluated.load_state_dict(loop.model.state_dict())
        optimizer.train()


def apply(recipe: Recipe, lr: float | None = None, adaptive: bool = True) -> Recipe:
    """Return the recipe with a schedule-free optimizer, and without its schedule.

    Args:
        recipe: Any.
        lr: Its learning rate; None for the default of the form.
        adaptive: The form of AdamW; else that of SGD.
    """
    made = Part(ScheduleFreeAdamW if adaptive else ScheduleFreeSGD)
    rate = lr or (2.5e-3 if adaptive else 1.0)
    changed = recipe.replace(optimizer=made, lr=rate, schedule=None)
    return changed.plus(callbacks=Part(AtAverage))


def noisy_steps() -> Recipe:
    """Return a run whose batches are so small that a constant rate jitters at a level."""
    return jittery().replace(epochs=5, evaluate_every=5)


RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

EXPERIMENTS = (
    Experiment(
        question="Does it reach a lower training loss than a constant rate, without a schedule?",
        setting="320 digits, 64-128-128-10, batches of 8, 200 steps, best rate of each",
        control=noisy_steps(),
        treatment=apply(noisy_steps(), adaptive=False),
        control_name="SGD",
        treatment_name="schedule-free SGD",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it reach a lower training loss than a cosine schedule?",
        setting="320 digits, 64-128-128-10, batches of 8, 200 steps, best rate of each",
        control=decayed(noisy_steps()),
        treatment=apply(noisy_steps(), adaptive=False),
        control_name="SGD with a cosine",
        treatment_name="schedule-free SGD",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=RATES,
    ),
)
