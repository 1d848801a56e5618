"""Do smaller rates for early layers keep what a network brought from its source task?"""

from __future__ import annotations

from collections.abc import Iterable

import torch

from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.train import Callback, Loop
from catalog.optimization.discriminative_learning_rates.reference import (
    Named,
    layer_factors,
    layers_of,
    parameter_groups,
    unfrozen,
)
from catalog.optimization.pre_training.experiment import LOWER_DIGITS, target
from catalog.optimization.pre_training.experiment import apply as pre_training


def layerwise(
    named: Iterable[Named], lr: float, optimizer: Part, divisor: float
) -> torch.optim.Optimizer:
    """Make the optimizer with a group for each layer."""
    named = list(named)
    factors = layer_factors(named, divisor)
    made: torch.optim.Optimizer = optimizer(parameter_groups(named, lr, factors), lr=lr)
    return made


class Unfreeze(Callback):
    """Trains the last layer first, and one more after every few epochs.

    Args:
        epochs_per_layer: Epochs before the next layer joins.
    """

    def __init__(self, epochs_per_layer: int) -> None:
        self.epochs_per_layer = epochs_per_layer
        self.trained: list[Named] = []

    def on_start(self, loop: Loop) -> None:
        """Note what is to be trained in the end, and freeze all but the last layer."""
        self.trained = [(n, p) for n, p in loop.model.named_parameters() if p.requires_grad]
        self._set(0)

    def after_step(self, loop: Loop) -> None:
        """Let layers join at the end of an epoch."""
        if loop.step % loop.steps_per_epoch == 0:
            self._set(loop.step // loop.steps_per_epoch)

    def _set(self, epoch: int) -> None:
        learning = unfrozen(layers_of(self.trained), epoch, self.epochs_per_layer)
        for name, parameter in self.trained:
            parameter.requires_grad_(name in learning)


def apply(recipe: Recipe, divisor: float = 2.6, epochs_per_layer: int | None = None) -> Recipe:
    """Return the recipe with a smaller rate for each layer further from the output.

    It is meant for recipes that start from learned weights.

    Args:
        recipe: Any recipe.
        divisor: Of the rate from each layer to the one before it.
        epochs_per_layer: Unfreeze a further layer after so many epochs; None to train all at once.

    Raises:
        NotApplicable: If the network is a single layer.
    """
    if len(layers_of(untrained(recipe).named_parameters())) < 2:
        raise NotApplicable("the network has one layer, and so one rate.")
    slower = recipe.replace(optimizer=Part(layerwise, optimizer=recipe.optimizer, divisor=divisor))
    if epochs_per_layer is None:
        return slower
    return slower.plus(callbacks=Part(Unfreeze, epochs_per_layer=epochs_per_layer))


SCRATCH = target(10).set_model(channels=(16, 32, 32))
FINE_TUNED = pre_training(SCRATCH, source=LOWER_DIGITS, epochs=15)
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
SETTING = "10 digits 5 to 9 after 400 digits 0 to 4, CNN of three convolutions, 60 full-batch steps"

EXPERIMENTS = (
    Experiment(
        question="Does dividing the rate by 2.6 for each earlier layer lower the validation loss of"
        " fine-tuning?",
        setting=f"{SETTING} of Adam at its best rate",
        control=FINE_TUNED,
        treatment=apply(FINE_TUNED),
        control_name="one rate",
        treatment_name="rate by layer",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it, if besides a further layer is unfrozen every 10 steps only?",
        setting=f"{SETTING} of Adam at its best rate",
        control=FINE_TUNED,
        treatment=apply(FINE_TUNED, epochs_per_layer=10),
        control_name="one rate",
        treatment_name="by layer, unfrozen",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=RATES,
    ),
)
