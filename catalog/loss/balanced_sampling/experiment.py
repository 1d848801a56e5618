"""Does balanced sampling raise the recall of rare classes, and more than class weights do?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import Split
from catalog.lab.experiment import Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import imbalanced
from catalog.loss.balanced_sampling.reference import sample
from catalog.loss.class_weights.experiment import HIGHER_RARE_RECALL, SETTING, recalls
from catalog.loss.class_weights.experiment import apply as weigh_classes


def apply(recipe: Recipe, power: float = -1.0) -> Recipe:
    """Return the recipe with examples drawn so that rare classes come as often as the others.

    Raises:
        NotApplicable: If the recipe has an order of its own, or the targets are numbers.
    """
    if recipe.order is not None:
        raise NotApplicable(f"it draws the examples, and {recipe.order.name} orders them already.")
    if recipe.peek().task != "classification":
        raise NotApplicable("it balances classes, and the targets are numbers.")
    return recipe.replace(order=Part(balanced_order, power=power))


def balanced_order(
    split: Split,
    epoch: int,  # noqa: ARG001
    epochs: int,  # noqa: ARG001
    generator: torch.Generator,
    power: float,
) -> Tensor:
    """Return an epoch's examples, as many as there are and drawn with replacement."""
    return sample(split.y, len(split), generator, power)


EXPERIMENTS = (
    Experiment(
        question="Does balanced sampling raise the recall of the rare classes?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=imbalanced(),
        treatment=apply(imbalanced()),
        control_name="natural sampling",
        treatment_name="balanced sampling",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
    Experiment(
        question="Does it raise the recall more than class weights, equal in expectation, do?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=weigh_classes(imbalanced()),
        treatment=apply(imbalanced()),
        control_name="class weights",
        treatment_name="balanced sampling",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
)
