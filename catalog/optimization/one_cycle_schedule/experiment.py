"""Does one cycle lower the training loss of a short run, and does its momentum cycle add to it?"""

from __future__ import annotations

import torch

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import Callback, Loop
from catalog.optimization.one_cycle_schedule.reference import one_cycle, one_cycle_momentum


class MomentumCycle(Callback):
    """Moves the momentum, or Adam's β₁, against the learning rate.

    An optimizer without momentum is left without: given one, its steps would grow many times over.
    """

    def __init__(self, low: float = 0.85, high: float = 0.95, pct_start: float = 0.3) -> None:
        self.low = low
        self.high = high
        self.pct_start = pct_start

    def on_start(self, loop: Loop) -> None:
        """Set the momentum of the first step."""
        self.after_step(loop)

    def after_step(self, loop: Loop) -> None:
        """Set the momentum of the next step."""
        momentum = one_cycle_momentum(
            loop.step, loop.total_steps, low=self.low, high=self.high, pct_start=self.pct_start
        )
        for group in loop.optimizer.param_groups:
            if isinstance(group.get("betas"), tuple):
                group["betas"] = (momentum, *group["betas"][1:])
            elif group.get("momentum"):
                group["momentum"] = momentum


def apply(recipe: Recipe, pct_start: float = 0.3, cycle_momentum: bool = True) -> Recipe:
    """Return the recipe with its rate as the peak of one cycle."""
    cycled = recipe.replace(schedule=Part(one_cycle, pct_start=pct_start))
    if not cycle_momentum:
        return cycled
    return cycled.plus(callbacks=Part(MomentumCycle, pct_start=pct_start))


START = short(120).replace(optimizer=Part(torch.optim.SGD, momentum=0.9))
SETTING = "300 digits, 64-128-128-10, SGD with momentum, batches of 30, 120 steps, best peak rate"
LR_GRID = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)

EXPERIMENTS = (
    Experiment(
        question="Does one cycle reach a lower training loss than a constant rate in 120 steps?",
        setting=SETTING,
        control=START,
        treatment=apply(START),
        control_name="constant rate",
        treatment_name="one cycle",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does the cycle of the momentum add to the cycle of the rate?",
        setting=SETTING,
        control=apply(START, cycle_momentum=False),
        treatment=apply(START),
        control_name="momentum 0.9",
        treatment_name="momentum cycled",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
