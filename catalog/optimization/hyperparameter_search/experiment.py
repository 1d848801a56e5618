"""Does a search over learning rate and weight decay beat PyTorch's defaults, and a grid?"""

from __future__ import annotations

import dataclasses
from typing import Literal

import torch

from catalog.lab.data import Data
from catalog.lab.experiment import (
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import Callback, Loop, train
from catalog.optimization.adamw.reference import AdamW
from catalog.optimization.hyperparameter_search.reference import Range, Settings, search, trials
from catalog.optimization.validation.experiment import of_seed
from catalog.optimization.validation.reference import split

RATES = Range(1e-4, 1.0)
DECAYS = Range(1e-5, 0.1)


def without_validation_set(seed: int, data: Part, share: float) -> Data:
    """Return data that validate on a share of their training set; the validation set is unseen."""
    whole: Data = data(seed)
    generator = torch.Generator().manual_seed(seed)
    train_rows, held_out = split(len(whole.train), (1 - share, share), generator)
    return dataclasses.replace(
        whole, train=whole.train.take(train_rows), val=whole.train.take(held_out)
    )


class SettingsSearch(Callback):
    """Searches the learning rate, and the weight decay of an optimizer that has one.

    The trials are judged on a part of the training set; the run then has all of it.

    Args:
        count: Trials.
        points: `quasi-random`, or a `grid` of as many points, a square number.
        finalists: Trials that are repeated.
        repeats: Further runs of each.
        held_out: Share of the training set that judges the trials.
    """

    def __init__(
        self,
        count: int = 16,
        points: Literal["quasi-random", "grid"] = "quasi-random",
        finalists: int = 3,
        repeats: int = 2,
        held_out: float = 0.2,
    ) -> None:
        self.count = count
        self.points = points
        self.finalists = finalists
        self.repeats = repeats
        self.held_out = held_out

    def on_start(self, loop: Loop) -> None:
        """Put the settings that validate best in the place of the recipe's."""
        recipe, device = loop.recipe, loop.generator.device
        space = {"lr": RATES}
        if recipe.optimizer.takes("weight_decay"):
            space["weight_decay"] = DECAYS
        others = tuple(part for part in recipe.callbacks if part.make is not type(self))
        data = Part(of_seed, data=recipe.data, fixed=recipe.seed)
        trial = recipe.replace(
            data=Part(without_validation_set, data=data, share=self.held_out),
            callbacks=others,
            evaluate_every=recipe.epochs,
        )

        def run(settings: Settings, seed: int) -> float:
            rest = {name: value for name, value in settings.items() if name != "lr"}
            changed = trial.replace(
                lr=settings["lr"],
                optimizer=recipe.optimizer.set(**rest),
                seed=recipe.seed + 1000 * seed,
            )
            return train(changed, device).final["val_loss"]

        tried = (
            trials(space, self.count, seed=recipe.seed)
            if self.points == "quasi-random"
            else grid(space, self.count)
        )
        best = search(run, tried, self.finalists, self.repeats).best
        for group in loop.optimizer.param_groups:
            group["initial_lr"] *= best["lr"] / recipe.lr
            if "weight_decay" in best:
                group["weight_decay"] = best["weight_decay"]


def grid(space: dict[str, Range], count: int) -> list[Settings]:
    """Return the trials of a grid with as many values of each setting, ends included."""
    side = round(count ** (1 / len(space)))
    rows: list[Settings] = [{}]
    for name, span in space.items():
        rows = [{**row, name: span.at(i / (side - 1))} for row in rows for i in range(side)]
    return rows


def apply(recipe: Recipe, count: int = 16, finalists: int = 3, repeats: int = 2) -> Recipe:
    """Return the recipe with a search for learning rate and weight decay before it runs.

    Args:
        recipe: What is changed.
        count: Trials.
        finalists: Trials that are repeated from other starts.
        repeats: Further runs of each.
    """
    part = Part(SettingsSearch, count=count, finalists=finalists, repeats=repeats)
    return recipe.plus(callbacks=part)


DEFAULT = short().replace(optimizer=Part(AdamW), lr=1e-3)
SETTING = "300 digits, 64-128-128-10, AdamW, batches of 30, 100 steps; 16 trials"

EXPERIMENTS = (
    Experiment(
        question="Does a search lower both losses below those at PyTorch's defaults?",
        setting=f"{SETTING}, the best 3 repeated twice, judged on 60 of the 300",
        control=DEFAULT,
        treatment=apply(DEFAULT),
        control_name="defaults",
        treatment_name="search",
        claims=(LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS),
    ),
    Experiment(
        question="Do quasi-random trials end lower than as many on a grid?",
        setting=f"{SETTING}, judged once on 60 of the 300",
        control=DEFAULT.plus(callbacks=Part(SettingsSearch, points="grid", repeats=0)),
        treatment=apply(DEFAULT, repeats=0),
        control_name="grid of 4 x 4",
        treatment_name="quasi-random",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
