"""Does the best learning rate of a narrow network suit a wide one?"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM, short
from catalog.lab.train import train
from catalog.optimization.discriminative_learning_rates.reference import Named, parameter_groups
from catalog.optimization.mu_parametrization.reference import network_factors, scale_start

KINDS = {
    "sgd": ("SGD", "Momentum", "Nesterov", "GradientDescent"),
    "adam": ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "RMSprop", "Lion"),
}
"""The optimizers that a column of the table is known to be right for."""
WIDTHS = ("widths", "channels", "width")
"""What networks call the setting of their width."""


def narrower(recipe: Recipe, times: int) -> Part:
    """Return the recipe's model, with all its widths divided by a number.

    Raises:
        NotApplicable: If it has no such setting, or is too narrow already.
    """
    for name in WIDTHS:
        if recipe.model.takes(name):
            default = inspect.signature(recipe.model.make).parameters[name].default
            wide = recipe.model.settings.get(name, default)
            narrow = tuple(w // times for w in wide) if isinstance(wide, tuple) else wide // times
            if min(narrow if isinstance(narrow, tuple) else (narrow,)) < 1:
                raise NotApplicable(f"the network cannot be made {times} times narrower.")
            return recipe.model.set(**{name: narrow})
    raise NotApplicable(f"the model {recipe.model.name} takes no width.")


def by_width(
    named: Iterable[Named], lr: float, optimizer: Part, factors: tuple[tuple[str, float], ...]
) -> torch.optim.Optimizer:
    """Make the optimizer with a group for each factor on the rate."""
    made: torch.optim.Optimizer = optimizer(parameter_groups(named, lr, dict(factors)), lr=lr)
    return made


def start_by_width(
    model: nn.Module,
    data: Data,  # noqa: ARG001 (a start part is given it)
    recipe: Recipe,  # noqa: ARG001
    factors: tuple[tuple[str, float], ...],
) -> nn.Module:
    """Scale the start of the output weights."""
    scale_start(model, dict(factors))
    return model


def apply(recipe: Recipe, times: int = 4, base: Part | None = None) -> Recipe:
    """Return the recipe with start and rates that suit the width, at a rate found on a narrow net.

    Args:
        recipe: Any recipe, with the learning rate that is best for the base network.
        times: How many times narrower the base network is.
        base: `(data) -> module` of the base network itself; None to divide the widths.

    Raises:
        NotApplicable: If the network's width cannot be set, if it has attention, or if the rule is
            not known for the optimizer.
    """
    optimizer = recipe.optimizer.make.__name__
    kind = next((kind for kind, names in KINDS.items() if optimizer in names), None)
    if kind is None:
        raise NotApplicable(f"no rule for the rates of {optimizer} is known.")
    model = untrained(recipe)
    if any("attention" in type(module).__name__.lower() for module in model.modules()):
        raise NotApplicable("attention would have to divide by the width of a head.")
    narrow = untrained(recipe.replace(model=base or narrower(recipe, times)))
    factors = network_factors(model, narrow, kind)
    rates = tuple((name, factor.lr) for name, factor in factors.items())
    starts = tuple((name, factor.start) for name, factor in factors.items())
    return recipe.plus(start=Part(start_by_width, factors=starts)).replace(
        optimizer=Part(by_width, optimizer=recipe.optimizer, factors=rates)
    )


GRID = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1)
NARROW = short().replace(optimizer=ADAM, lr=1e-3).set_model(widths=(32, 32))
WIDE = NARROW.set_model(widths=(512, 512))
TIMES = 16


def best_narrow_rate(seed: int) -> float:
    """Return the rate of the grid with the lowest training loss of the narrow network."""
    runs = [train(NARROW.replace(lr=lr, seed=seed)) for lr in GRID]
    return min(runs, key=lambda run: run.results()["clean_train_loss"]).recipe.lr


def usual(seed: int) -> Mapping[str, float]:
    """Train the wide network as usual, at the best rate of the narrow one."""
    return train(WIDE.replace(lr=best_narrow_rate(seed), seed=seed)).results()


def maximal_update(seed: int) -> Mapping[str, float]:
    """Train the wide network by the rule, at the best rate of the narrow one."""
    recipe = apply(WIDE.replace(lr=best_narrow_rate(seed), seed=seed), TIMES)
    return train(recipe).results()


EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss of a wide network at the best rate of a narrow"
        " one?",
        setting="300 digits, 64-512-512-10 at the best rate of 64-32-32-10, Adam, batches of 30,"
        " 100 steps",
        control=usual,
        treatment=maximal_update,
        control_name="usual",
        treatment_name="muP",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Is it still ahead where the wide network is tuned directly?",
        setting="300 digits, 64-512-512-10, Adam at its best rate, batches of 30, 100 steps",
        control=WIDE,
        treatment=apply(WIDE, TIMES),
        control_name="usual",
        treatment_name="muP",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=GRID,
    ),
)
