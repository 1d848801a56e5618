"""Does logit adjustment raise the recall of rare classes, in training and after it?"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from catalog.lab.data import Data
from catalog.lab.experiment import Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import imbalanced
from catalog.loss.class_weights.experiment import (
    HIGHER_RARE_RECALL,
    SETTING,
    class_counts,
    recalls,
)
from catalog.loss.class_weights.experiment import apply as weigh_classes
from catalog.loss.cross_entropy.experiment import instead_of_cross_entropy
from catalog.loss.cross_entropy.reference import cross_entropy
from catalog.loss.logit_adjustment.reference import adjusted, logit_adjusted_cross_entropy


def apply(recipe: Recipe, tau: float = 1.0) -> Recipe:
    """Return the recipe with the training set's log frequencies on the logits in training.

    Raises:
        NotApplicable: If the recipe trains another loss than the plain cross-entropy.
    """
    recipe = instead_of_cross_entropy(recipe, Part(cross_entropy))
    prior = tuple(frequencies(class_counts(recipe)).tolist())
    return recipe.replace(loss=Part(adjusted_loss, prior=prior, tau=tau))


def apply_after_training(recipe: Recipe, tau: float = 1.0) -> Recipe:
    """Return the recipe with the log frequencies taken off the logits of the trained network."""
    return recipe.plus(finish=Part(adjust_network, tau=tau))


def frequencies(counts: Tensor) -> Tensor:
    """Return the class frequencies; a class without examples is counted as half of one."""
    counts = counts.double().clamp(min=0.5)
    return counts / counts.sum()


def adjusted_loss(outputs: Tensor, targets: Tensor, prior: tuple[float, ...], tau: float) -> Tensor:
    """Return the cross-entropy of the adjusted logits."""
    return logit_adjusted_cross_entropy(outputs, targets, outputs.new_tensor(prior), tau)


class Adjusted(nn.Module):
    """A network with the log frequencies taken off its logits."""

    prior: Tensor

    def __init__(self, model: nn.Module, prior: Tensor, tau: float) -> None:
        super().__init__()
        self.model = model
        self.tau = tau
        self.register_buffer("prior", prior)

    def forward(self, x: Tensor) -> Tensor:
        """Return z - τ log π."""
        return adjusted(self.model(x), self.prior, -self.tau)


def adjust_network(model: nn.Module, data: Data, recipe: Recipe, tau: float) -> nn.Module:  # noqa: ARG001
    """Return the trained network with adjusted logits."""
    counts = torch.bincount(data.train.y, minlength=data.outputs)
    return Adjusted(model, frequencies(counts).float(), tau)


EXPERIMENTS = (
    Experiment(
        question="Does logit adjustment raise the recall of the rare classes?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=imbalanced(),
        treatment=apply(imbalanced()),
        control_name="unadjusted",
        treatment_name="adjusted",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
    Experiment(
        question="Does the variant after training do so, too?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=imbalanced(),
        treatment=apply_after_training(imbalanced()),
        control_name="unadjusted",
        treatment_name="adjusted after training",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
    Experiment(
        question="Does it raise the recall more than class weights do?",
        setting=f"{SETTING}, 10 epochs; the validation set is balanced",
        control=weigh_classes(imbalanced()),
        treatment=apply(imbalanced()),
        control_name="class weights",
        treatment_name="adjusted",
        claims=(HIGHER_RARE_RECALL,),
        metrics=recalls,
    ),
)
