"""Does a start at the class frequencies, or at the mean target, speed training up, and for long?"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor, nn

from catalog.lab.data import Data, Split, diabetes, digits
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import mlp, untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM, SGD
from catalog.optimization.output_bias_initialization.reference import log_prior, mean_target
from catalog.optimization.pre_training.reference import layers_in_order


def output_bias(model: nn.Module, data: Data) -> Tensor | None:
    """Return the bias of the layer used last, (outputs,), or None if it has none of that shape."""
    name = layers_in_order(model, data.train.x[:2])[-1]
    bias = getattr(model.get_submodule(name), "bias", None)
    return bias if isinstance(bias, Tensor) and bias.shape == (data.outputs,) else None


def start_at_prior(
    model: nn.Module,
    data: Data,
    recipe: Recipe,  # noqa: ARG001 (a start part is given it)
    pseudo_count: float,
) -> nn.Module:
    """Set the bias to the log frequencies of the training labels, or to the mean target."""
    bias = output_bias(model, data)
    y = data.train.y
    is_classes = data.task == "classification"
    with torch.no_grad():
        if bias is not None:
            bias.copy_(log_prior(y, data.outputs, pseudo_count) if is_classes else mean_target(y))
    return model


def apply(recipe: Recipe, pseudo_count: float = 1.0) -> Recipe:
    """Return the recipe with an output bias that fits the training targets from the start.

    Args:
        recipe: Any recipe that trains on the data as they are, without other class weights.
        pseudo_count: Added to the count of each class.

    Raises:
        NotApplicable: If the layer used last has no bias for each output.
    """
    if output_bias(untrained(recipe), recipe.peek()) is None:
        raise NotApplicable("the last layer has no bias for each output.")
    return recipe.plus(start=Part(start_at_prior, pseudo_count=pseudo_count))


def one_against_rest(seed: int, n_train: int = 300, digit: int = 0) -> Data:
    """Return digits in two classes: one digit, a tenth of all, and the others."""
    made = digits(seed, n_train=n_train)

    def relabel(split: Split) -> Split:
        return Split(split.x, (split.y == digit).long())

    return dataclasses.replace(made, train=relabel(made.train), val=relabel(made.val), outputs=2)


def rare(steps: int) -> Recipe:
    """Return a run on a class that a tenth of the examples belong to."""
    return Recipe(
        data=Part(one_against_rest, digit=8),
        model=Part(mlp, widths=(128, 128)),
        optimizer=SGD,
        lr=0.1,
        epochs=steps // 10,
        batch_size=30,
        evaluate_every=steps // 10,
    )


FAR_TARGETS = Recipe(
    data=Part(diabetes, scaled=False),
    model=Part(mlp, widths=(32,)),
    optimizer=ADAM,
    lr=1e-2,
    epochs=100,
    evaluate_every=100,
)
GRID = (0.03, 0.1, 0.3, 1.0, 3.0)

EXPERIMENTS = (
    Experiment(
        question="Does a bias at the class frequencies lower the training loss of the first 20"
        " steps?",
        setting="300 digits, 8 against the rest, 64-128-128-2, SGD at its best rate, batches of 30,"
        " 20 steps",
        control=rare(20),
        treatment=apply(rare(20)),
        control_name="default bias",
        treatment_name="log frequencies",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=GRID,
    ),
    Experiment(
        question="Does it at one ordinary rate, which is far from where training gets unstable?",
        setting="300 digits, 8 against the rest, 64-128-128-2, SGD 0.1, batches of 30, 20 steps",
        control=rare(20),
        treatment=apply(rare(20)),
        control_name="default bias",
        treatment_name="log frequencies",
        claims=(LOWER_TRAINING_LOSS,),
    ),
    Experiment(
        question="Does it lower the training loss after 200 steps?",
        setting="300 digits, 8 against the rest, 64-128-128-2, SGD at its best rate, batches of 30,"
        " 200 steps",
        control=rare(200),
        treatment=apply(rare(200)),
        control_name="default bias",
        treatment_name="log frequencies",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=GRID,
    ),
    Experiment(
        question="Does a bias at the mean target lower the training loss where targets are far from"
        " zero?",
        setting="221 patients, target 25 to 346, 10-32-1, Adam at its best rate, 100 full-batch"
        " steps",
        control=FAR_TARGETS,
        treatment=apply(FAR_TARGETS),
        control_name="default bias",
        treatment_name="mean target",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(0.01, 0.1, 1.0, 10.0, 100.0),
    ),
)
