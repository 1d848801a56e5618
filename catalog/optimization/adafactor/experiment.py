"""How much memory does Adafactor save, and what does it cost?"""

from __future__ import annotations

import torch

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Claim, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import Fit
from catalog.optimization.adafactor.reference import Adafactor
from catalog.optimization.adam.experiment import apply as with_adam


def apply(recipe: Recipe, lr: float = 0.03) -> Recipe:
    """Return the recipe with Adafactor as its optimizer; its rate is relative to the weights."""
    return recipe.replace(optimizer=Part(Adafactor), lr=lr)


def state_per_weight(fit: Fit) -> dict[str, float]:
    """Return how many numbers the recipe's optimizer keeps for each parameter."""
    parameters = [p.detach().clone().requires_grad_() for p in fit.model.parameters()]
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    optimizer = fit.recipe.optimizer(parameters, lr=fit.recipe.lr)
    optimizer.step()
    kept = [
        value.numel()
        for state in optimizer.state.values()
        for value in state.values()
        if torch.is_tensor(value) and value.dim()
    ]
    return {"state_per_weight": sum(kept) / sum(p.numel() for p in parameters)}


EXPERIMENTS = (
    Experiment(
        question="Does Adafactor keep fewer numbers for each parameter than Adam?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps",
        control=with_adam(short(), lr=0.01),
        treatment=apply(short()),
        control_name="Adam",
        treatment_name="Adafactor",
        claims=(Claim("neither", "state_per_weight"),),
        metrics=state_per_weight,
    ),
    Experiment(
        question="Does it reach as low a training loss as Adam, or a lower one?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each; in step t"
        " Adafactor's is at most 1/√t, so that one above 1 changes nothing",
        control=with_adam(short()),
        treatment=apply(short()),
        control_name="Adam",
        treatment_name="Adafactor",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0),
    ),
)
