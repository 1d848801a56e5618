"""Does cross-entropy train a classifier faster than the squared error?

A network trained on the squared error gives scores and no logits, so the cross-entropy is no fair
judge of it: the share of wrong decisions is, and it decides.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.nn import functional as F

from catalog.lab.data import Data
from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few, short
from catalog.lab.train import Fit
from catalog.loss.cross_entropy.reference import cross_entropy


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with the cross-entropy as its loss, whatever loss it had.

    Raises:
        NotApplicable: If the targets are numbers.
    """
    if recipe.peek().task != "classification":
        raise NotApplicable("it compares class probabilities, and the targets are numbers.")
    return recipe.replace(loss=Part(cross_entropy))


def instead_of_cross_entropy(recipe: Recipe, loss: Part) -> Recipe:
    """Return the recipe with another loss in place of the plain cross-entropy.

    Raises:
        NotApplicable: If the recipe has another loss already, or the targets are numbers.
    """
    if recipe.loss is not None and recipe.loss != Part(cross_entropy):
        raise NotApplicable(
            f"it takes the place of the cross-entropy, and {recipe.loss.name} is used."
        )
    if recipe.peek().task != "classification":
        raise NotApplicable("it is a loss of class probabilities, and the targets are numbers.")
    return recipe.replace(loss=loss)


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the squared distance of scores (n, classes) from one-hot targets, a mean over n."""
    return (outputs - F.one_hot(targets, outputs.shape[1])).square().sum(1).mean()


def squared_error_of_probabilities(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the squared distance of softmax probabilities from one-hot targets."""
    return squared_error(outputs.softmax(1), targets)


class ScoresAsProbabilities(nn.Module):
    """A network whose scores near 0 and 1 are read as probabilities and given as logits."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Return the log of the scores, those below 0.01 raised to it."""
        return self.model(x).clamp(min=0.01).log()  # type: ignore[no-any-return]


def read_scores(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001
    """Return the network with its scores read as probabilities."""
    return ScoresAsProbabilities(model)


def errors(fit: Fit) -> Mapping[str, float]:
    """Return the shares of wrong decisions."""
    results = fit.results()
    return {
        "train_error": 1 - results["train_accuracy"],
        "val_error": 1 - results["val_accuracy"],
    }


SQUARED = short(50).replace(loss=Part(squared_error), finish=(Part(read_scores),))
SQUARED_SOFTMAX = short(50).replace(loss=Part(squared_error_of_probabilities))
GRID = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SETTING = "300 digits, 64-128-128-10, SGD at its best rate, batches of 30, 50 steps"

EXPERIMENTS = (
    Experiment(
        question="Does cross-entropy leave fewer training errors than squared error in 50 steps?",
        setting=f"{SETTING}; the squared error is that of the scores from one-hot targets",
        control=SQUARED,
        treatment=apply(short(50)),
        control_name="squared error",
        treatment_name="cross-entropy",
        claims=(Claim("optimization", "train_error"),),
        lr_grid=GRID,
        metrics=errors,
    ),
    Experiment(
        question="Is it the loss and not the softmax that makes the difference?",
        setting=f"{SETTING}; the squared error is that of softmax probabilities",
        control=SQUARED_SOFTMAX,
        treatment=apply(short(50)),
        control_name="softmax, squared error",
        treatment_name="softmax, cross-entropy",
        claims=(Claim("optimization", "train_error"),),
        lr_grid=GRID,
        metrics=errors,
    ),
    Experiment(
        question="Can the validation loss rise with training while the accuracy does not fall?",
        setting="100 digits, 64-128-128-10, Adam 0.001, full batches; 100 steps against 1500",
        control=apply(few()).replace(epochs=100, evaluate_every=100),
        treatment=apply(few()).replace(epochs=1500, evaluate_every=1500),
        control_name="100 steps",
        treatment_name="1500 steps",
        claims=(
            Claim("neither", "val_loss", lower_is_better=False),
            Claim("neither", "val_accuracy", lower_is_better=False),
        ),
    ),
)
