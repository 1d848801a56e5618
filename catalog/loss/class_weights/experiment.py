"""Do class weights raise the recall of rare classes? On digits of which five are rare."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from catalog.lab.experiment import Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import imbalanced
from catalog.lab.train import Fit, predict
from catalog.loss.class_weights.reference import inverse_frequency
from catalog.loss.cross_entropy.experiment import instead_of_cross_entropy
from catalog.loss.cross_entropy.reference import cross_entropy

HIGHER_RARE_RECALL = Claim("neither", "rare_recall", lower_is_better=False)


def apply(recipe: Recipe, power: float = 1.0) -> Recipe:
    """Return the recipe with classes weighted by their inverse frequency in the training set.

    Raises:
        NotApplicable: If the recipe trains another loss than the plain cross-entropy.
    """
    recipe = instead_of_cross_entropy(recipe, Part(cross_entropy))
    weight = inverse_frequency(class_counts(recipe), power)
    return recipe.replace(loss=Part(weighted_cross_entropy, weight=tuple(weight.tolist())))


def class_counts(recipe: Recipe) -> Tensor:
    """Return the training examples of each class, (classes,)."""
    data = recipe.peek()
    return torch.bincount(data.train.y, minlength=data.outputs)


def weighted_cross_entropy(outputs: Tensor, targets: Tensor, weight: tuple[float, ...]) -> Tensor:
    """Return the weighted mean of the cross-entropy."""
    return cross_entropy(outputs, targets, weight=outputs.new_tensor(weight))


def recalls(fit: Fit) -> Mapping[str, float]:
    """Return the mean validation recall of the rare classes, and of the others.

    Rare are those with less than half of the training examples that they would have if all
    classes had the same.
    """
    data = fit.data
    counts = torch.bincount(data.train.y, minlength=data.outputs)
    is_rare = counts < len(data.train) / data.outputs / 2
    is_right = (predict(fit.model, data.val.x).argmax(1) == data.val.y).double()
    recall = torch.stack([is_right[data.val.y == k].mean() for k in range(data.outputs)])
    return {
        "rare_recall": float(recall[is_rare].mean()),
        "frequent_recall": float(recall[~is_rare].mean()),
    }


SETTING = "digits, 80 each of 0-4 and 4 each of 5-9, 64-128-128-10, Adam 0.001, batches of 20"

EXPERIMENTS = (
    Experiment(
        question="Do weights by inverse frequency raise the recall of the rare classes?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=imbalanced(),
        treatment=apply(imbalanced()),
        control_name="unweighted",
        treatment_name="weighted",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
    Experiment(
        question="Do they still, long after every training example is fitted?",
        setting=f"{SETTING}, 50 epochs; the validation set is balanced",
        control=imbalanced(50),
        treatment=apply(imbalanced(50)),
        control_name="unweighted",
        treatment_name="weighted",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
)
