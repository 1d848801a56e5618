"""Does learning to tell how an image was turned help a network that then gets few labels?"""

from __future__ import annotations

from torch import nn

from catalog.lab.data import Data, Split, digits
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    Experiment,
)
from catalog.lab.models import cnn
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import ADAM
from catalog.optimization.pre_training.experiment import LINEAR, check_source, inputs_of, learn
from catalog.optimization.rotation_prediction.reference import TURNS, quarter_turns


def turned(seed: int, data: Part) -> Data:
    """Return the pretext task on all inputs that are not for validation.

    The validation set is a part of them: nothing is chosen by it.
    """
    split = Split(*quarter_turns(inputs_of(data(seed))))
    return Data("classification", split, split.take(slice(64)), TURNS)


def start_from_turns(
    model: nn.Module, data: Data, recipe: Recipe, epochs: int, lr: float
) -> nn.Module:
    """Start a network from what it learns by telling turns."""
    source = Part(turned, data=recipe.data)
    return learn(model, data, recipe, source, LINEAR, epochs=epochs, lr=lr)


def apply(recipe: Recipe, epochs: int = 10) -> Recipe:
    """Return the recipe with a start that was learned by telling turns of its own images.

    Args:
        recipe: The target task; the turns are learned with its optimizer and present rate.
        epochs: Over four copies of each image.

    Raises:
        NotApplicable: If the inputs are no square images, if there are none without labels, or if
            the network is a single layer or does not end in a linear one.
    """
    shape = recipe.peek().inputs
    if len(shape) != 3 or shape[-1] != shape[-2]:
        raise NotApplicable(f"it turns square images, and an input has the shape {shape}.")
    check_source(recipe, None)
    return recipe.plus(start=Part(start_from_turns, epochs=epochs, lr=recipe.lr))


def few_labels(classes: tuple[int, ...]) -> Recipe:
    """Return five labels of each class, the rest unlabelled: a small CNN, Adam, full batches."""
    return Recipe(
        data=Part(digits, n_train=5 * len(classes), classes=classes),
        model=Part(cnn),
        optimizer=ADAM,
        lr=3e-3,
        epochs=60,
        evaluate_every=60,
    )


UPRIGHT = few_labels((2, 3, 4, 5, 7))
AMBIGUOUS = few_labels((0, 1, 6, 8, 9))
SETTING = (
    "25 labels, all other images unlabelled, small CNN, 60 full-batch steps of Adam at its best"
    " rate"
)
RATES = (1e-3, 3e-3, 1e-2, 3e-2)

EXPERIMENTS = (
    Experiment(
        question="Does it lower both losses for digits that look different when they are turned?",
        setting=f"digits 2, 3, 4, 5 and 7: {SETTING}",
        control=UPRIGHT,
        treatment=apply(UPRIGHT),
        control_name="random start",
        treatment_name="after rotations",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=RATES,
    ),
    Experiment(
        question="Does it for digits that look much the same, or like another, upside down?",
        setting=f"digits 0, 1, 6, 8 and 9: {SETTING}",
        control=AMBIGUOUS,
        treatment=apply(AMBIGUOUS),
        control_name="random start",
        treatment_name="after rotations",
        claims=(LOWER_VALIDATION_LOSS, LOWER_TRAINING_LOSS, HIGHER_VALIDATION_ACCURACY),
        lr_grid=RATES,
    ),
)
