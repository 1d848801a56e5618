"""Does it help to drop contradicted labels, where a third of them is wrong and where none is?

The loss on a cleaned training set is lower by what was dropped. Both arms are judged instead on
all training examples whose label is right, dropped or not.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

import torch
from torch import Tensor

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_VALIDATION_LOSS, Claim, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import noisy
from catalog.lab.train import Fit, evaluate, predict, train
from catalog.loss.data_cleaning.reference import fold_numbers, label_issues


def apply(recipe: Recipe, folds: int = 3) -> Recipe:
    """Return the recipe without the training examples whose labels look wrong.

    They are found by networks of the same recipe, each trained on the other folds. If these
    underfit they contradict right labels too, and most examples go.

    Raises:
        NotApplicable: If the targets are numbers.
    """
    if recipe.peek().task != "classification":
        raise NotApplicable("it looks for wrong class labels, and the targets are numbers.")
    return recipe.replace(data=Part(cleaned, source=recipe.data, recipe=recipe, folds=folds))


def cleaned(seed: int, source: Part, recipe: Recipe, folds: int) -> Data:
    """Return data without the training examples whose labels are contradicted.

    The data are left as they are if a network gave predictions that are not finite, or if nothing
    would be left.
    """
    data: Data = source(seed)
    logits = held_out_logits(data, recipe.replace(seed=seed), folds)
    if not torch.isfinite(logits).all():
        return data
    is_kept = ~label_issues(logits.softmax(1), data.train.y)
    return dataclasses.replace(data, train=data.train.take(is_kept)) if is_kept.any() else data


def held_out_logits(data: Data, recipe: Recipe, folds: int) -> Tensor:
    """Return predictions for each training example by a network trained without it."""
    fold = fold_numbers(len(data.train), folds, torch.Generator().manual_seed(recipe.seed))
    logits = torch.empty(len(fold), data.outputs)
    for number in range(folds):
        part = Part(without_fold, source=recipe.data, number=number, folds=folds)
        fit = train(recipe.replace(data=part, evaluate_every=recipe.epochs))
        logits[fold == number] = predict(fit.model, fit.data.val.x)
    return logits


def without_fold(seed: int, source: Part, number: int, folds: int) -> Data:
    """Return data whose training set lacks a fold, which is what validates."""
    data: Data = source(seed)
    fold = fold_numbers(len(data.train), folds, torch.Generator().manual_seed(seed))
    return dataclasses.replace(
        data, train=data.train.take(fold != number), val=data.train.take(fold == number)
    )


def right_fit(fit: Fit) -> Mapping[str, float]:
    """Return the loss on the training examples whose labels are right, and the share kept.

    A loss that is not finite counts as that of the class shares.
    """
    source = fit.recipe.data.settings.get("source", fit.recipe.data)
    seed = fit.recipe.seed
    given, true = source(seed).train, source.set(label_noise=0.0)(seed).train
    loss, _ = evaluate(fit.model, true.take(given.y == true.y), fit.data)
    return {
        "right_label_train_loss": loss if math.isfinite(loss) else fit.data.constant_losses()[0],
        "share_of_examples_kept": len(fit.data.train) / len(given),
    }


CLAIMS = (LOWER_VALIDATION_LOSS, Claim("optimization", "right_label_train_loss"))
SETTING = "64-128-128-10, Adam 0.001, batches of 40, 60 epochs; 3 folds"

EXPERIMENTS = (
    Experiment(
        question="Does it help to drop contradicted labels where 30 % are wrong?",
        setting=f"400 digits, {SETTING}",
        control=noisy(),
        treatment=apply(noisy()),
        control_name="as given",
        treatment_name="cleaned",
        claims=CLAIMS,
        metrics=right_fit,
    ),
    Experiment(
        question="Does it help where all labels are right?",
        setting=f"400 digits, {SETTING}",
        control=noisy(0.0),
        treatment=apply(noisy(0.0)),
        control_name="as given",
        treatment_name="cleaned",
        claims=CLAIMS,
        metrics=right_fit,
    ),
)
