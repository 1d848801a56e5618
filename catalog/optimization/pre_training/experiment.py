"""Does a start that was learned on another task help one with few labels, and one with many?"""

from __future__ import annotations

import copy
import math
from functools import partial

import torch
from torch import Tensor, nn

from catalog.lab.data import Data, Split, digits
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import cnn, untrained
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM, few
from catalog.lab.train import train
from catalog.optimization.pre_training.reference import head_of, hide, take_weights


def check_source(recipe: Recipe, source: Part | None) -> None:
    """Refuse a recipe whose network has no body to train first, or that has nothing to train it on.

    Args:
        recipe: The target task.
        source: `(seed) -> Data` of the source task; None to learn from inputs without labels.

    Raises:
        NotApplicable: With the reason.
    """
    try:
        head_of(untrained(recipe), recipe.peek().train.x[:2])
    except ValueError as error:
        raise NotApplicable(str(error)) from None
    data = recipe.peek()
    if source is not None:
        shape = source(recipe.seed).inputs
        if shape != data.inputs:
            raise NotApplicable(f"the source's inputs have the shape {shape}, not {data.inputs}.")
    elif data.unlabelled is None:
        raise NotApplicable("it learns from inputs without labels first, and the data have none.")
    elif not data.unlabelled.is_floating_point():
        raise NotApplicable("it learns from measurements first, and the inputs are codes.")


def inputs_of(data: Data) -> Tensor:
    """Return all inputs that a source task may see: those of the training set, and unlabelled."""
    further = [] if data.unlabelled is None else [data.unlabelled]
    return torch.cat([data.train.x, *further])


def learn(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    source: Part,
    head: Part,
    epochs: int,
    lr: float,
    batch_size: int = 64,
    loss: Part | None = None,
    augmentation: tuple[Part, ...] = (),
) -> nn.Module:
    """Give a network's body the parameters that a copy of it learns on a source task.

    Args:
        model: The network of the target task; its head stays as it is.
        data: The target task's.
        recipe: The target task, for its optimizer and seed.
        source: `(seed) -> Data` of the source task.
        head: `(width, outputs) -> module`, the source task's head.
        epochs: Of the source task.
        lr: Of the source task.
        batch_size: Of the source task.
        loss: As in a recipe.
        augmentation: As in a recipe.
    """
    x = data.train.x[:2]
    learner = copy.deepcopy(model)
    name, old = head_of(learner, x)
    learner.set_submodule(name, head(old.in_features, source(recipe.seed).outputs))
    task = Recipe(
        data=source,
        model=Part(given, network=learner),
        optimizer=recipe.optimizer,
        lr=lr,
        epochs=epochs,
        batch_size=batch_size,
        loss=loss,
        augmentation=augmentation,
        evaluate_every=epochs,
        seed=recipe.seed,
    )
    take_weights(model, train(task, x.device).model.state_dict(), except_for=name)
    return model


def given(data: Data, network: nn.Module) -> nn.Module:  # noqa: ARG001 (a model part is given it)
    """Return a network that was made before."""
    return network


LINEAR = Part(nn.Linear)


def filled_in(seed: int, data: Part) -> Data:
    """Return a task without labels: tell the whole input (from what is left of it).

    The validation set is not one: nothing is chosen by it.
    """
    x = inputs_of(data(seed))
    split = Split(x, x.flatten(1))
    return Data("regression", split, split.take(slice(64)), math.prod(x.shape[1:]))


def hidden(x: Tensor, y: Tensor, generator: torch.Generator, share: float) -> tuple[Tensor, Tensor]:
    """Hide entries of a batch, others in each step."""
    return hide(x, share, generator), y


def pretrained(
    model: nn.Module,
    data: Data,
    recipe: Recipe,
    source: Part | None,
    epochs: int,
    lr: float,
    share: float,
) -> nn.Module:
    """Start a network from what it learns on the source task, or else by filling in its inputs."""
    more = partial(learn, model, data, recipe, head=LINEAR, epochs=epochs, lr=lr)
    if source is not None:
        return more(source=source)
    return more(source=Part(filled_in, data=recipe.data), augmentation=(Part(hidden, share=share),))


def apply(
    recipe: Recipe, source: Part | None = None, epochs: int = 30, share: float = 0.5
) -> Recipe:
    """Return the recipe with a start that was learned on another task.

    Args:
        recipe: The target task; the source is learned with its optimizer and present rate.
        source: `(seed) -> Data` of the source task, with inputs of the same shape; None to fill in
            hidden entries of the recipe's own inputs, labelled or not.
        epochs: Of the source task.
        share: Share of the entries that are hidden where there is no source.

    Raises:
        NotApplicable: If the network is a single layer or does not end in a linear one, or if
            there is neither a source nor inputs without labels.
    """
    check_source(recipe, source)
    settings = {"source": source, "epochs": epochs, "share": share, "lr": recipe.lr}
    return recipe.plus(start=Part(pretrained, **settings))


LOWER_DIGITS = Part(digits, n_train=400, classes=(0, 1, 2, 3, 4))


def target(examples: int, steps: int = 60) -> Recipe:
    """Return the target task: digits 5 to 9, a convolutional network, full batches."""
    return Recipe(
        data=Part(digits, n_train=examples, classes=(5, 6, 7, 8, 9)),
        model=Part(cnn),
        optimizer=ADAM,
        lr=1e-3,
        epochs=steps,
        evaluate_every=steps,
    )


EXPERIMENTS = (
    Experiment(
        question="Does a start learned on digits 0 to 4 lower both losses on 5 to 9, with five"
        " labels of each?",
        setting="25 digits 5 to 9 after 400 digits 0 to 4, small CNN, Adam at its best rate, 60"
        " full-batch steps",
        control=target(25),
        treatment=apply(target(25), source=LOWER_DIGITS),
        control_name="random start",
        treatment_name="pre-trained",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-3, 3e-3, 1e-2),
    ),
    Experiment(
        question="Does it with two labels of each?",
        setting="10 digits 5 to 9 after 400 digits 0 to 4, small CNN, Adam at its best rate, 60"
        " full-batch steps",
        control=target(10).replace(lr=3e-3),
        treatment=apply(target(10), source=LOWER_DIGITS).replace(lr=3e-3),
        control_name="random start",
        treatment_name="pre-trained",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=(1e-3, 3e-3, 1e-2),
    ),
    Experiment(
        question="Does filling in hidden pixels of unlabelled digits first help as well?",
        setting="50 digits after 899 without labels, 64-128-128-10, Adam 0.001, 300 full-batch"
        " steps",
        control=few(50),
        treatment=apply(few(50)),
        control_name="random start",
        treatment_name="pre-trained",
        claims=(LOWER_VALIDATION_LOSS, HIGHER_VALIDATION_ACCURACY),
    ),
)
