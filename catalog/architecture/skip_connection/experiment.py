"""Do skip connections make a deep network trainable, and do they help a shallow one?"""

from __future__ import annotations

from catalog.architecture.skip_connection.reference import Residual
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import deep


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with a skip connection around each hidden layer that keeps its width.

    Raises:
        NotApplicable: If the recipe's model has no setting `wrap`.
    """
    return recipe.set_model(wrap=Part(Residual))


SHALLOW = deep().set_model(widths=(64,) * 3).replace(epochs=10, evaluate_every=10)

EXPERIMENTS = (
    Experiment(
        question="Do skip connections lower the training loss of 16 layers?",
        setting="300 digits, 16 layers of 64, SGD at its best rate, batches of 30, 300 steps",
        control=deep(),
        treatment=apply(deep()),
        control_name="plain",
        treatment_name="skip connections",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.005, 0.05, 0.5),
    ),
    Experiment(
        question="Do they lower the training loss of three layers as well?",
        setting="300 digits, 3 layers of 64, SGD at its best rate, batches of 30, 100 steps",
        control=SHALLOW,
        treatment=apply(SHALLOW),
        control_name="plain",
        treatment_name="skip connections",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.015, 0.05, 0.15, 0.5, 1.5),
    ),
)
