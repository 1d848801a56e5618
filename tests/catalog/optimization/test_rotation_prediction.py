"""Rotation prediction: the turns, index by index, and what is learned from them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catalog.lab.data import breast_cancer
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, rows
from catalog.lab.train import evaluate
from catalog.optimization.pre_training.experiment import learn
from catalog.optimization.rotation_prediction.experiment import (
    UPRIGHT,
    apply,
    turned,
)
from catalog.optimization.rotation_prediction.reference import quarter_turns


def test_turns_are_those_of_a_naive_loop():
    """Image by image and turn by turn, pixel (r, c) goes to (side - 1 - c, r)."""
    x = np.arange(2 * 3 * 4 * 4.0).reshape(2, 3, 4, 4)
    ours, classes = quarter_turns(torch.tensor(x))
    expected = []
    for turn in range(4):
        for image in x:
            for _ in range(turn):
                before = image.copy()
                for r in range(4):
                    for c in range(4):
                        image[:, 3 - c, r] = before[:, r, c]
            expected.append(image.copy())
        x = np.arange(2 * 3 * 4 * 4.0).reshape(2, 3, 4, 4)
    np.testing.assert_array_equal(ours, np.stack(expected))
    assert classes.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_images_that_are_not_square_are_named():
    """A turned rectangle has another shape."""
    with pytest.raises(ValueError, match="square") as error:
        quarter_turns(torch.zeros(2, 1, 4, 5))
    assert str(error.value) == "x must hold square images. Got the shape (2, 1, 4, 5)."


def test_the_pretext_task_has_no_validation_image():
    """It is made of training and unlabelled images, four times each."""
    data = UPRIGHT.peek()
    pretext = turned(0, UPRIGHT.data)
    assert len(pretext.train) == 4 * (len(data.train) + len(data.unlabelled))
    seen = {row.numpy().tobytes() for row in pretext.train.x}
    assert data.train.x[0].numpy().tobytes() in seen
    assert not any(row.numpy().tobytes() in seen for row in data.val.x)


@pytest.mark.slow
def test_turns_can_be_told():
    """A network that learned them tells nearly all turns of digits it has never seen."""
    task = UPRIGHT
    data = task.peek()
    torch.manual_seed(0)
    model = task.model(data)
    body_before = model[0].weight.detach().clone()
    learn(model, data, task, Part(turned, data=task.data), Part(keep), epochs=10, lr=3e-3)
    assert not torch.equal(model[0].weight, body_before)
    model[-1] = KEPT.pop()
    accuracy = evaluate(model, unseen(data), turned(0, task.data))[1]
    assert accuracy > 0.9


KEPT = []


def keep(width, outputs):
    """Return a linear head, and remember it."""
    KEPT.append(torch.nn.Linear(width, outputs))
    return KEPT[-1]


def unseen(data):
    """Return the turns of validation images."""
    return type(data.val)(*quarter_turns(data.val.x))


@pytest.mark.parametrize("task", [images, rows])
def test_a_transformer_can_tell_turns_too(task):
    """It is a start for any network on square images."""
    assert len(apply(task()).start) == 1


def test_it_says_why_it_does_not_fit():
    """Without images nothing can be turned."""
    table = images().replace(data=Part(breast_cancer, n_train=50))
    with pytest.raises(NotApplicable) as error:
        apply(table)
    assert str(error.value) == "it turns square images, and an input has the shape (30,)."
