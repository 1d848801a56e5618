"""Does noise on the inputs help with measurements in a table, and with images?"""

from __future__ import annotations

import torch
from torch import Tensor

from catalog.lab.data import diabetes
from catalog.lab.experiment import HIGHER_VALIDATION_ACCURACY, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import few
from catalog.loss.input_noise.reference import add_noise


def augment(
    x: Tensor, y: Tensor, generator: torch.Generator, sigma: float
) -> tuple[Tensor, Tensor]:
    """Add noise to a batch; the targets stay."""
    return add_noise(x, sigma, generator), y


def apply(recipe: Recipe, share: float = 0.3) -> Recipe:
    """Return the recipe with noise on its inputs.

    Args:
        recipe: What to change.
        share: Standard deviation of the noise, as a share of that of all the inputs' values.

    Raises:
        NotApplicable: If the inputs are no real numbers.
    """
    x = recipe.peek().train.x
    if not x.is_floating_point():
        raise NotApplicable("it adds noise to real numbers, and the inputs are whole ones.")
    return recipe.plus(augmentation=Part(augment, sigma=share * float(x.std())))


def measurements() -> Recipe:
    """Return a network that learns 100 patients by heart."""
    return few().replace(data=Part(diabetes, n_train=100))


EXPERIMENTS = (
    Experiment(
        question="Does noise lower the validation loss of a net that overfits a table?",
        setting="100 patients of diabetes, 10-128-128-1, Adam 0.001, 300 full-batch steps",
        control=measurements(),
        treatment=apply(measurements()),
        control_name="inputs as they are",
        treatment_name="noise of 0.3",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
    Experiment(
        question="Does it help with images, whose variation is of another kind?",
        setting="100 digits, 64-128-128-10, Adam 0.001, 300 full-batch steps",
        control=few(),
        treatment=apply(few()),
        control_name="inputs as they are",
        treatment_name="noise of 0.3",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
