"""Does one temperature, fitted after training, lower the loss on data it was not fitted on?

Half of the validation data fit the temperature, and the other half judge it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

import torch
from torch import nn

from catalog.architecture.temperature_scaling.reference import TemperatureScaled, fit_temperature
from catalog.lab.data import Data, with_test
from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few
from catalog.lab.train import Fit, evaluate, predict


def apply(recipe: Recipe, fitted_on: Literal["val", "train"] = "val") -> Recipe:
    """Return the recipe with a temperature fitted to the trained network.

    The validation data are used up by it: its loss on them is a little too good, by that of one
    number fitted on so many examples. Data held out from both judge it without that.

    Args:
        recipe: What to change.
        fitted_on: The split that the temperature is fitted on; the training set is the wrong one.

    Raises:
        NotApplicable: If the targets are numbers.
    """
    if recipe.peek().task != "classification":
        raise NotApplicable("it scales the logits of classes, and the targets are numbers.")
    return recipe.plus(finish=Part(scaled, fitted_on=fitted_on))


def scaled(
    model: nn.Module,
    data: Data,
    recipe: Recipe,  # noqa: ARG001
    fitted_on: Literal["val", "train"],
) -> nn.Module:
    """Return the network with its logits divided by a fitted temperature; as it is if broken."""
    split = data.val if fitted_on == "val" else data.train
    logits = predict(model, split.x)
    if not torch.isfinite(logits).all():
        return model
    return TemperatureScaled(model, fit_temperature(logits, split.y))


def judged(fit: Fit) -> Mapping[str, float]:
    """Return loss and accuracy on the test set, those of the class shares if it diverged."""
    test = fit.data.val if fit.data.test is None else fit.data.test
    if fit.has_diverged:
        shares = dataclasses.replace(fit.data, val=test)
        return {"test_loss": shares.constant_losses()[1], "test_accuracy": 1 / fit.data.outputs}
    loss, accuracy = evaluate(fit.model, test, fit.data)
    return {"test_loss": loss, "test_accuracy": accuracy}


OVERFIT = few().replace(data=Part(with_test, source=few().data))
SETTING = "100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps; 449 digits judge"

EXPERIMENTS = (
    Experiment(
        question="Does a temperature fitted on held-out data lower the loss on further such data?",
        setting=f"{SETTING}, 449 others fit the temperature",
        control=OVERFIT,
        treatment=apply(OVERFIT),
        control_name="as trained",
        treatment_name="scaled",
        claims=(Claim("generalization", "test_loss"),),
        metrics=judged,
    ),
    Experiment(
        question="Does it, if it is fitted on the training data?",
        setting=f"{SETTING}, the training set fits the temperature",
        control=OVERFIT,
        treatment=apply(OVERFIT, fitted_on="train"),
        control_name="as trained",
        treatment_name="scaled",
        claims=(Claim("generalization", "test_loss"),),
        metrics=judged,
    ),
)
