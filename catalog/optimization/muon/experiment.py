"""Does Muon lower the training loss in few steps, in a transformer and in a small network?"""

from __future__ import annotations

from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import rows, short
from catalog.optimization.adamw.reference import AdamW
from catalog.optimization.muon.reference import MuonWithAdamW, hidden_matrices


def apply(recipe: Recipe, lr: float = 1e-3, weight_decay: float = 0.0) -> Recipe:
    """Return the recipe with Muon for its hidden matrices and AdamW for the rest.

    Raises:
        NotApplicable: If the network has no weight matrix between its first and its last.
    """
    if not hidden_matrices(list(untrained(recipe).named_parameters())):
        raise NotApplicable("it is for hidden weight matrices, and the network has none.")
    return recipe.replace(optimizer=Part(MuonWithAdamW, weight_decay=weight_decay), lr=lr)


def with_adamw(recipe: Recipe) -> Recipe:
    """Return the recipe with AdamW for everything, as Muon's rest has it."""
    return recipe.replace(optimizer=Part(AdamW, weight_decay=0.0), lr=1e-3)


LR_GRID = (3e-3, 1e-2, 3e-2)
ROWS = rows().set_model(depth=2).replace(epochs=10, evaluate_every=10)

EXPERIMENTS = (
    Experiment(
        question="Does Muon lower the training loss of a transformer in 100 steps?",
        setting="300 digits read by rows, 2 layers of 32, batches of 30, best rate of each",
        control=with_adamw(ROWS),
        treatment=apply(ROWS),
        control_name="AdamW",
        treatment_name="Muon and AdamW",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
    Experiment(
        question="Does Muon lower the training loss where one matrix of three is hidden?",
        setting="300 digits, 64-128-128-10, batches of 30, 100 steps, best rate of each",
        control=with_adamw(short()),
        treatment=apply(short()),
        control_name="AdamW",
        treatment_name="Muon and AdamW",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=LR_GRID,
    ),
)
