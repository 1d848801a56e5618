"""Does scaling the inputs, and the target of a regression, lower the training loss?"""

from __future__ import annotations

import dataclasses

import torch

from catalog.lab.data import Data, Split, breast_cancer, diabetes
from catalog.lab.experiment import LOWER_TRAINING_LOSS, Experiment
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM, SGD
from catalog.lab.train import Fit
from catalog.loss.input_scaling.reference import measure_scale

AXES = {2: (0,), 3: (0, 1), 4: (0, 2, 3)}
"""By the number of dimensions: columns of a table, values of sequences, channels of images."""


def scaled(seed: int, data: Part, statistic: str, inputs: bool, targets: bool) -> Data:
    """Return data scaled by their training split.

    Args:
        seed: Of the data.
        data: `(seed) -> Data`.
        statistic: What is measured.
        inputs: Scale the inputs.
        targets: Scale the targets of a regression; losses are then in its variances.
    """
    made: Data = data(seed)
    splits = [made.train, made.val] + ([] if made.test is None else [made.test])
    unlabelled = made.unlabelled
    if inputs:
        scale = measure_scale(made.train.x, AXES.get(made.train.x.dim(), (0,)), statistic)
        splits = [Split(scale.apply(split.x), split.y) for split in splits]
        unlabelled = None if unlabelled is None else scale.apply(unlabelled)
    if targets and made.task == "regression":
        scale = measure_scale(made.train.y, (0,), statistic)
        splits = [Split(split.x, scale.apply(split.y)) for split in splits]
    return dataclasses.replace(
        made,
        train=splits[0],
        val=splits[1],
        test=None if made.test is None else splits[2],
        unlabelled=unlabelled,
    )


def apply(
    recipe: Recipe, statistic: str = "standard", inputs: bool = True, targets: bool = False
) -> Recipe:
    """Return the recipe with its inputs, on demand its targets too, scaled by the training split.

    Args:
        recipe: Any recipe whose inputs are measurements.
        statistic: `standard`, `range` or `robust`.
        inputs: Scale the inputs.
        targets: Scale the targets too, which changes the unit of the loss.

    Raises:
        NotApplicable: If the inputs are not numbers on a scale.
    """
    if not torch.is_floating_point(recipe.peek().train.x):
        raise NotApplicable("it scales measurements, and the inputs are whole numbers or codes.")
    settings = {"statistic": statistic, "inputs": inputs, "targets": targets}
    return recipe.replace(data=Part(scaled, data=recipe.data, **settings))


def in_units_of_the_target(fit: Fit) -> dict[str, float]:
    """Return both losses in the square of the target's own unit, whichever way it was trained."""
    settings = fit.recipe.data.settings
    spread = 1.0
    if settings["targets"]:
        raw: Data = settings["data"](fit.recipe.seed)
        spread = measure_scale(raw.train.y, (0,), settings["statistic"]).spread.item()
    return {name: fit.results()[name] * spread**2 for name in ("clean_train_loss", "val_loss")}


RAW = Recipe(
    data=Part(breast_cancer, scaled=False),
    model=Part(mlp, widths=(32,)),
    optimizer=SGD,
    lr=0.1,
    epochs=20,
    batch_size=32,
    evaluate_every=20,
)
RAW_TARGETS = Recipe(
    data=Part(diabetes, scaled=False),
    model=Part(mlp, widths=(32,)),
    optimizer=ADAM,
    lr=1e-2,
    epochs=300,
    evaluate_every=300,
)

EXPERIMENTS = (
    Experiment(
        question="Does standardizing the inputs lower the training loss of plain SGD?",
        setting="285 tumours with columns from 0.001 to 4,000, 30-32-2, SGD at its best rate, 160"
        " steps",
        control=RAW,
        treatment=apply(RAW),
        control_name="raw",
        treatment_name="standardized",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0),
    ),
    Experiment(
        question="Does it still do so with Adam, that scales every parameter's step by itself?",
        setting="285 tumours with columns from 0.001 to 4,000, 30-32-2, Adam at its best rate, 160"
        " steps",
        control=RAW.replace(optimizer=ADAM),
        treatment=apply(RAW.replace(optimizer=ADAM)),
        control_name="raw",
        treatment_name="standardized",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-4, 1e-3, 1e-2, 0.1, 1.0),
    ),
    Experiment(
        question="Does scaling the target lower the training loss, once it is scaled back?",
        setting="221 patients, target 25 to 346, 10-32-1, Adam at its best rate, 300 full-batch"
        " steps",
        control=apply(RAW_TARGETS),
        treatment=apply(RAW_TARGETS, targets=True),
        control_name="raw target",
        treatment_name="standardized target",
        claims=(LOWER_TRAINING_LOSS,),
        lr_grid=(1e-3, 1e-2, 0.1, 1.0, 10.0),
        metrics=in_units_of_the_target,
    ),
)
