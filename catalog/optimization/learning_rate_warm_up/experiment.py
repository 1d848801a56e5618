"""Does a warm-up let a transformer bear a high rate, and what does it cost at a low one?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import rows
from catalog.optimization.learning_rate_schedule.reference import constant, in_phases
from catalog.optimization.learning_rate_warm_up.reference import linear_warm_up


def apply(recipe: Recipe, share: float = 0.1, start_factor: float = 0.01) -> Recipe:
    """Return the recipe with a warm-up before its schedule, which takes what is left of the run."""
    rise = Part(linear_warm_up, share=1.0, start_factor=start_factor)
    after = Part(constant) if recipe.schedule is None else recipe.schedule
    phases = ((share, rise), (1 - share, after))
    return recipe.replace(schedule=Part(in_phases, phases=phases))


LOW = rows().replace(epochs=10, evaluate_every=10)
HIGH = LOW.replace(lr=0.03)
SETTING = "300 digits row by row, transformer of 4 layers, batches of 30, 100 steps, Adam at"
SHALLOW = LOW.set_model(depth=2)

EXPERIMENTS = (
    Experiment(
        question="Does a warm-up lower the training loss of a transformer at a high rate?",
        setting=f"{SETTING} 0.03, warm-up over 30 steps",
        control=HIGH,
        treatment=apply(HIGH, share=0.3),
        control_name="no warm-up",
        treatment_name="warm-up",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it also lower the training loss at a rate that is stable anyway?",
        setting=f"{SETTING} 0.001, warm-up over 30 steps",
        control=LOW,
        treatment=apply(LOW, share=0.3),
        control_name="no warm-up",
        treatment_name="warm-up",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it lower the training loss where each has the rate that is best for it?",
        setting="300 digits row by row, transformer of 2 layers, batches of 30, 100 steps, Adam at"
        " its best rate, warm-up over 10 steps",
        control=SHALLOW,
        treatment=apply(SHALLOW),
        control_name="no warm-up",
        treatment_name="warm-up",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 3e-3, 1e-2, 3e-2),
    ),
)
