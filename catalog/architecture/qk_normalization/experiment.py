"""Does normalizing queries and keys let a transformer bear a high rate, and what does it cost?"""

from __future__ import annotations

from catalog.architecture.layer_normalization.reference import LayerNorm
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import rows

NORM = Part(LayerNorm)


def apply(recipe: Recipe, norm: Part = NORM) -> Recipe:
    """Return the recipe with a normalization of the queries and keys of each head.

    Args:
        recipe: A recipe whose model has the setting `qk_norm`, as the lab's transformer has.
        norm: `(values per head) -> module`: `LayerNorm`, `RMSNorm` or `UnitLength`.

    Raises:
        NotApplicable: If the recipe's model has no setting `qk_norm`.
    """
    return recipe.set_model(qk_norm=norm)


HIGH = rows().set_model(depth=2).replace(lr=0.03, epochs=8, evaluate_every=8)
LOW = HIGH.replace(lr=3e-3)
SETTING = "300 digits row by row, transformer of 2 layers, batches of 30, 80 steps, Adam at"

EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss of a transformer at a high rate?",
        setting=f"{SETTING} 0.03",
        control=HIGH,
        treatment=apply(HIGH),
        control_name="plain attention",
        treatment_name="normalized queries and keys",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it lower the training loss at a rate that suits plain attention?",
        setting=f"{SETTING} 0.003",
        control=LOW,
        treatment=apply(LOW),
        control_name="plain attention",
        treatment_name="normalized queries and keys",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
