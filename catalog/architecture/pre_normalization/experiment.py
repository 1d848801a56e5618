"""Does pre-normalization help a deep transformer without warm-up, and a shallow one?"""

from __future__ import annotations

import inspect

from torch import nn

from catalog.lab.data import Data
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import rows


def norm_first(model: nn.Module, data: Data, recipe: Recipe) -> nn.Module:  # noqa: ARG001 - as every part of `start`
    """Let torch's encoder layers norm first, and their stacks end in a norm."""
    for module in model.modules():
        if isinstance(module, nn.TransformerEncoderLayer):
            module.norm_first = True
        if isinstance(module, nn.TransformerEncoder) and module.norm is None:
            first = module.layers[0]
            module.norm = nn.LayerNorm(first.norm1.normalized_shape, eps=first.norm1.eps)
    return model


def apply(recipe: Recipe) -> Recipe:
    """Return the recipe with a transformer that norms before its branches.

    Raises:
        NotApplicable: If the network norms first already, or has neither a setting for it nor
            torch's encoder layers.
    """
    if recipe.model.takes("norm_first"):
        default = inspect.signature(recipe.model.make).parameters["norm_first"].default
        if recipe.model.settings.get("norm_first", default):
            raise NotApplicable("the network norms before its branches already.")
        return recipe.set_model(norm_first=True)
    layers = [m for m in untrained(recipe).modules() if isinstance(m, nn.TransformerEncoderLayer)]
    if not layers:
        raise NotApplicable("it moves the norms of a transformer, and none is recognized.")
    if all(layer.norm_first for layer in layers):
        raise NotApplicable("the network norms before its branches already.")
    return recipe.plus(start=Part(norm_first))


POST = rows().set_model(norm_first=False).replace(epochs=5, evaluate_every=5)
DEEP = POST.set_model(depth=6)
SHALLOW = POST.set_model(depth=2).replace(lr=3e-3)

EXPERIMENTS = (
    Experiment(
        question="Does it lower the training loss of a deep transformer without warm-up?",
        setting="300 digits row by row, transformer of 6 layers, Adam at its best rate, batches of"
        " 30, 50 steps",
        control=DEEP,
        treatment=apply(DEEP),
        control_name="post-norm",
        treatment_name="pre-norm",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(5e-4, 2e-3, 8e-3, 3.2e-2),
    ),
    Experiment(
        question="Does it lower the training loss of a shallow transformer?",
        setting="300 digits row by row, transformer of 2 layers, Adam 0.003, batches of 30, 50"
        " steps",
        control=SHALLOW,
        treatment=apply(SHALLOW),
        control_name="post-norm",
        treatment_name="pre-norm",
        claims=(LOWER_TRAINING_LOSS,),
    ),
)
