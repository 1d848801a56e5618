"""Does a way to flatter minima generalize better, and is flatness a property of the function?"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from catalog.lab.experiment import LOWER_VALIDATION_LOSS, Claim, Experiment
from catalog.lab.recipe import Recipe
from catalog.lab.tasks import few, images
from catalog.lab.train import Fit, task_loss, train
from catalog.optimization.flat_minima.reference import adversarial_sharpness, random_sharpness
from catalog.optimization.sharpness_aware_minimization.experiment import apply as sharpness_aware


def apply(recipe: Recipe, rho: float = 0.1) -> Recipe:
    """Return the recipe with an optimizer that seeks flat minima: SAM."""
    return sharpness_aware(recipe, rho)


def sharpness(fit: Fit) -> dict[str, float]:
    """Return both measures on the training set, of weights moved by a twentieth of their length."""
    x, y = fit.data.train
    parameters = list(fit.model.parameters())
    generator = torch.Generator().manual_seed(fit.recipe.seed)

    def loss() -> torch.Tensor:
        value: torch.Tensor = task_loss(fit.data)(fit.model(x), y)
        return value

    return {
        "random_sharpness": random_sharpness(loss, parameters, generator=generator),
        "adversarial_sharpness": adversarial_sharpness(loss, parameters, generator=generator),
    }


def as_trained(seed: int) -> Mapping[str, float]:
    """Return the sharpness and the validation loss of a trained network."""
    fit = train(few().replace(seed=seed))
    return {**sharpness(fit), "val_loss": fit.final["val_loss"]}


def rescaled(seed: int, alpha: float = 5.0) -> Mapping[str, float]:
    """Return both of the same network, one layer multiplied by alpha and the next divided by it.

    A rectified unit passes a positive factor on, so the function stays as it was.
    """
    fit = train(few().replace(seed=seed))
    first, second = [m for m in fit.model.modules() if isinstance(m, torch.nn.Linear)][:2]
    with torch.no_grad():
        first.weight.mul_(alpha)
        first.bias.mul_(alpha)
        second.weight.div_(alpha)
    x, y = fit.data.val
    val_loss = float(task_loss(fit.data)(fit.model(x), y).detach())
    return {**sharpness(fit), "val_loss": val_loss}


EXPERIMENTS = (
    Experiment(
        question="Does a way to flatter minima, SAM, lower the validation loss?",
        setting="100 digits, small convolutional network, Adam 0.001, 400 steps of 25",
        control=images(),
        treatment=apply(images()),
        control_name="Adam",
        treatment_name="Adam within SAM 0.1",
        claims=(LOWER_VALIDATION_LOSS,),
        metrics=sharpness,
    ),
    Experiment(
        question="Does the measured sharpness change when layers are rescaled, at one function?",
        setting="100 digits, 64-128-128-10, Adam 0.001; first layer times 5, second divided by 5",
        control=as_trained,
        treatment=rescaled,
        control_name="as trained",
        treatment_name="rescaled",
        claims=(Claim("neither", "adversarial_sharpness", lower_is_better=False),),
    ),
)
