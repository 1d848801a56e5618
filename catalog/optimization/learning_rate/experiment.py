"""Does a search for the learning rate lower the training loss below that at a default rate?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import ADAM, short
from catalog.lab.train import Callback, Loop, train
from catalog.optimization.learning_rate.reference import rate_grid, search


class RateSearch(Callback):
    """Searches the learning rate by runs of the same recipe, before the run itself begins.

    Args:
        low: The lowest rate tried.
        high: The highest.
        per_decade: Rates for each factor of ten.
        share: The length of each run, as a share of the epochs.
    """

    def __init__(
        self, low: float = 1e-4, high: float = 1.0, per_decade: int = 2, share: float = 1.0
    ) -> None:
        self.rates = rate_grid(low, high, per_decade)
        self.share = share

    def on_start(self, loop: Loop) -> None:
        """Put the rate that trains best in the place of the recipe's."""
        recipe, device = loop.recipe, loop.generator.device
        epochs = max(1, round(self.share * recipe.epochs))
        others = tuple(part for part in recipe.callbacks if part.make is not type(self))
        trial = recipe.replace(epochs=epochs, evaluate_every=epochs, callbacks=others)
        choice = search(
            lambda rate: train(trial.replace(lr=rate), device).final["clean_train_loss"],
            self.rates,
        )
        for group in loop.optimizer.param_groups:
            group["initial_lr"] *= choice.rate / recipe.lr


def apply(
    recipe: Recipe,
    low: float = 1e-4,
    high: float = 1.0,
    per_decade: int = 2,
    share: float = 1.0,
) -> Recipe:
    """Return the recipe with a search for its learning rate by the training loss, before it runs.

    Args:
        recipe: What is changed.
        low: The lowest rate tried.
        high: The highest.
        per_decade: Rates for each factor of ten.
        share: The length of each run of the search, as a share of the epochs. Short runs choose
            rates that the whole run does not bear.
    """
    settings = {"low": low, "high": high, "per_decade": per_decade, "share": share}
    return recipe.plus(callbacks=Part(RateSearch, **settings))


SGD_DEFAULT = short().replace(lr=1e-3)
ADAM_DEFAULT = short().replace(optimizer=ADAM, lr=1e-3)
SETTING = "300 digits, 64-128-128-10, batches of 30, 100 steps; 9 rates from 0.0001 to 1"

EXPERIMENTS = (
    Experiment(
        question="Does a search lower the training loss of SGD below that at PyTorch's default?",
        setting=f"{SETTING}, runs of a quarter of the length",
        control=SGD_DEFAULT,
        treatment=apply(SGD_DEFAULT, share=0.25),
        control_name="rate 0.001",
        treatment_name="rate searched",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does a search lower the training loss of Adam below that at its default?",
        setting=f"{SETTING}, runs of a quarter of the length",
        control=ADAM_DEFAULT,
        treatment=apply(ADAM_DEFAULT, share=0.25),
        control_name="rate 0.001",
        treatment_name="rate searched",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does a search by runs of the full length find a better rate than by short runs?",
        setting=f"{SETTING}, SGD, runs of a tenth and of the full length",
        control=apply(SGD_DEFAULT, share=0.1),
        treatment=apply(SGD_DEFAULT, share=1.0),
        control_name="after a tenth",
        treatment_name="after the whole",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
