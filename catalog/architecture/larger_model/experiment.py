"""Does a wider network reach a lower training loss, and does a deeper plain one?"""

from __future__ import annotations

import inspect
from typing import Any

from catalog.architecture.larger_model.reference import scaled_width
from catalog.lab.experiment import LOWER_TRAINING_LOSS, LOWER_VALIDATION_LOSS, Experiment
from catalog.lab.recipe import NotApplicable, Recipe
from catalog.lab.tasks import ADAM, deep, few

SIZES = ("widths", "channels", "width", "hidden", "hidden_size")
"""Settings of a model's function that are its size: a number, or one for each layer."""


def apply(recipe: Recipe, factor: float = 4.0) -> Recipe:
    """Return the recipe with a network of more units or channels in each hidden layer.

    Raises:
        NotApplicable: If the recipe's model has no setting for its size.
    """
    changed: dict[str, Any] = {}
    signature = inspect.signature(recipe.model.make).parameters
    for name in SIZES:
        if not recipe.model.takes(name):
            continue
        size = recipe.model.settings.get(name, signature[name].default)
        if isinstance(size, int):
            changed[name] = scaled_width(size, factor)
        elif isinstance(size, tuple) and size:
            changed[name] = tuple(scaled_width(width, factor) for width in size)
    if not changed:
        raise NotApplicable(f"the model {recipe.model.name} has no setting for its width.")
    return recipe.set_model(**changed)


NARROW = deep().set_model(widths=(4, 4)).replace(optimizer=ADAM)
"""Its width is the limit: the optimizer is a good one, at its best rate."""
SHALLOW = deep().set_model(widths=(32, 32)).replace(epochs=15, evaluate_every=15)
OVERFIT = few().set_model(widths=(32, 32))

EXPERIMENTS = (
    Experiment(
        question="Does four times the width lower the training loss of a narrow network?",
        setting="300 digits, 64-4-4-10, Adam at its best rate, batches of 30, 300 steps",
        control=NARROW,
        treatment=apply(NARROW),
        control_name="4 units",
        treatment_name="16 units",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(3e-3, 1e-2, 3e-2, 0.1),
    ),
    Experiment(
        question="Do eight times the layers lower the training loss, without skip connections?",
        setting="300 digits, layers of 32, SGD at its best rate, batches of 30, 150 steps",
        control=SHALLOW,
        treatment=SHALLOW.set_model(widths=(32,) * 16),
        control_name="2 layers",
        treatment_name="16 layers",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.02, 0.1, 0.5, 2.0),
    ),
    Experiment(
        question="Does four times the width lower the validation loss of a network that overfits?",
        setting="100 digits, 64-32-32-10, Adam 0.001, 300 full-batch steps",
        control=OVERFIT,
        treatment=apply(OVERFIT),
        control_name="32 units",
        treatment_name="128 units",
        claims=(LOWER_VALIDATION_LOSS,),
    ),
)
