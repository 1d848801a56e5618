"""Does an L1 penalty help where many inputs are useless, and does it set their weights to zero?"""

from __future__ import annotations

from torch import Tensor, nn

from catalog.lab.data import diabetes
from catalog.lab.experiment import LOWER_VALIDATION_LOSS, Claim, Experiment
from catalog.lab.models import linear
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import SGD
from catalog.lab.train import Batch, Callback, Fit, Loop
from catalog.loss.l1_penalty.reference import l1_penalty, soft_threshold


def weights(model: nn.Module) -> list[Tensor]:
    """Return the weights that are trained; biases and gains take part in no choice of inputs."""
    return [p for p in model.parameters() if p.requires_grad and p.dim() > 1]


def on_weights(model: nn.Module, _batch: Batch, weight: float) -> Tensor:
    """Return the penalty on all weights."""
    return l1_penalty(weights(model), weight)


class Proximal(Callback):
    """Takes the proximal step after each step, at the rate of the optimizer's first group."""

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def after_step(self, loop: Loop) -> None:
        """Move the weights towards zero."""
        soft_threshold(weights(loop.model), loop.optimizer.param_groups[0]["lr"] * self.weight)


def apply(recipe: Recipe, weight: float = 1e-4) -> Recipe:
    """Return the recipe with the penalty added to its loss, and so to the loss that is logged."""
    return recipe.plus(regularization=Part(on_weights, weight=weight))


def apply_proximal(recipe: Recipe, weight: float = 1e-4) -> Recipe:
    """Return the recipe with the penalty's proximal step; exact for plain gradient descent."""
    return recipe.plus(callbacks=Part(Proximal, weight=weight))


def zeros(fit: Fit) -> dict[str, float]:
    """Return the share of the weights that are exactly zero."""
    entries = [float(w == 0) for p in weights(fit.model) for w in p.detach().flatten()]
    return {"share_of_zeros": sum(entries) / len(entries)}


def regression(useless: int) -> Recipe:
    """Return a linear regression with some columns of noise among its inputs."""
    return Recipe(
        data=Part(diabetes, n_train=150, useless=useless),
        model=Part(linear),
        optimizer=SGD,
        lr=0.1,
        epochs=500,
        evaluate_every=500,
    )


EXPERIMENTS = (
    Experiment(
        question="Does a penalty of 0.1 lower the validation loss where most inputs are useless?",
        setting="150 patients, 10 measurements and 100 columns of noise, linear, 500 SGD steps",
        control=regression(useless=100),
        treatment=apply(regression(useless=100), weight=0.1),
        control_name="no penalty",
        treatment_name="L1 0.1",
        claims=(LOWER_VALIDATION_LOSS,),
        metrics=zeros,
    ),
    Experiment(
        question="Does it, where all inputs are of use?",
        setting="150 patients, 10 measurements, linear, 500 SGD steps",
        control=regression(useless=0),
        treatment=apply(regression(useless=0), weight=0.1),
        control_name="no penalty",
        treatment_name="L1 0.1",
        claims=(LOWER_VALIDATION_LOSS,),
        metrics=zeros,
    ),
    Experiment(
        question="Are more weights exactly zero by the proximal step than by the gradient's pull?",
        setting="150 patients, 10 measurements and 100 columns of noise, linear, 500 SGD steps",
        control=apply(regression(useless=100), weight=0.1),
        treatment=apply_proximal(regression(useless=100), weight=0.1),
        control_name="L1 0.1 in the loss",
        treatment_name="proximal step",
        claims=(Claim("neither", "share_of_zeros", lower_is_better=False),),
        metrics=zeros,
    ),
)
