"""Does the Huber loss help a regression whose training targets hold outliers, and one without?

The squared error on the training targets counts the outliers; it is what the control trains, and
no judge. How well the good examples are fitted is: the targets are taken from before the outliers
were added.
"""

from __future__ import annotations

from collections.abc import Mapping

from catalog.lab.data import diabetes
from catalog.lab.experiment import LOWER_VALIDATION_LOSS, Claim, Experiment
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM
from catalog.lab.train import Fit, predict
from catalog.loss.huber_loss.reference import huber_loss

GAUSSIAN = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


def apply(recipe: Recipe, delta: float = 1.0) -> Recipe:
    """Return the recipe with the Huber loss.

    Args:
        recipe: What to change.
        delta: In standard deviations of the training targets, as their median absolute deviation
            gives them, which outliers hardly change.

    Raises:
        NotApplicable: If the targets are classes, or the recipe trains a loss of its own.
    """
    data = recipe.peek()
    if data.task != "regression":
        raise NotApplicable("it is a loss of numbers, and the targets are classes.")
    if recipe.loss is not None:
        raise NotApplicable(
            f"it takes the place of the squared error, and {recipe.loss.name} is used."
        )
    y = data.train.y
    spread = GAUSSIAN * float((y - y.median(0).values).abs().median())
    # Where most targets are one value, that deviation is 0.
    scale = spread or float(y.std()) or 1.0
    return recipe.replace(loss=Part(huber_loss, delta=delta * scale))


def good_fit(fit: Fit) -> Mapping[str, float]:
    """Return the squared error on the training examples that are no outliers.

    A run that diverged counts as the mean of all targets.
    """
    train = fit.data.train
    good = fit.recipe.set_data(outliers=0.0).data(fit.recipe.seed).train
    is_good = (good.y == train.y)[:, 0]
    guess = train.y.mean().expand_as(train.y) if fit.has_diverged else predict(fit.model, train.x)
    return {"good_train_loss": float((guess - train.y)[is_good].square().mean())}


def regression(outliers: float) -> Recipe:
    """Return a regression of 221 patients, a share of whose targets is far off."""
    return Recipe(
        data=Part(diabetes, outliers=outliers),
        model=Part(mlp, widths=(32,)),
        optimizer=ADAM,
        lr=1e-3,
        epochs=200,
        evaluate_every=200,
    )


CLAIMS = (LOWER_VALIDATION_LOSS, Claim("optimization", "good_train_loss"))
GRID = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)

EXPERIMENTS = (
    Experiment(
        question="Does the Huber loss help where a tenth of the training targets are outliers?",
        setting="diabetes, 10-32-1, Adam at its best rate, 200 full-batch steps; outliers of 10"
        " standard deviations in the training targets alone",
        control=regression(0.1),
        treatment=apply(regression(0.1)),
        control_name="squared error",
        treatment_name="Huber loss",
        claims=CLAIMS,
        lr_grid=GRID,
        metrics=good_fit,
    ),
    Experiment(
        question="Does it help where there are no outliers?",
        setting="diabetes, 10-32-1, Adam at its best rate, 200 full-batch steps",
        control=regression(0.0),
        treatment=apply(regression(0.0)),
        control_name="squared error",
        treatment_name="Huber loss",
        claims=CLAIMS,
        lr_grid=GRID,
        metrics=good_fit,
    ),
)
