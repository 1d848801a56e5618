"""Smaller model: what is kept, against numpy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.feature_selection import r_regression

from catalog.architecture.smaller_model.experiment import apply, with_fewer_inputs
from catalog.architecture.smaller_model.reference import (
    Bottleneck,
    bottleneck,
    kept_units,
    related_inputs,
)
from catalog.lab.data import breast_cancer, diabetes
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few, short

GENERATOR = torch.Generator().manual_seed(3)
WEIGHT = torch.randn(6, 9, dtype=torch.float64, generator=GENERATOR)


def test_units_with_large_weights_are_kept():
    """The sum of the sizes counts, not the sum, and not a single large weight."""
    weight = torch.tensor([[3.0, -3.0], [1.0, 1.0], [5.0, 0.0], [0.0, 0.0]])
    assert kept_units(weight, 2).tolist() == [0, 2]
    assert kept_units(weight, 1).tolist() == [0]
    assert kept_units(weight, 4).tolist() == [0, 1, 2, 3]
    assert kept_units(weight.view(4, 1, 2, 1), 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_a_bottleneck_is_the_nearest_matrix(rank):
    """What is missing is what numpy's singular values say, no more."""
    a, b = bottleneck(WEIGHT, rank)
    assert (tuple(a.shape), tuple(b.shape)) == ((rank, 9), (6, rank))
    left_out = np.linalg.svd(WEIGHT.numpy(), compute_uv=False)[rank:]
    assert np.isclose(float((WEIGHT - b @ a).square().sum()), (left_out**2).sum())


def test_a_bottleneck_of_full_rank_loses_nothing():
    """The neutral rank gives the matrix back."""
    a, b = bottleneck(WEIGHT, 6)
    torch.testing.assert_close(b @ a, WEIGHT)


def test_a_layer_of_low_rank():
    """It maps by the product of its two matrices, of that rank, with fewer weights."""
    layer = Bottleneck(9, 6, rank=2).double()
    x = torch.randn(4, 9, dtype=torch.float64)
    matrix = layer.expand.weight @ layer.reduce.weight
    torch.testing.assert_close(layer(x), x @ matrix.T + layer.expand.bias)
    assert np.linalg.matrix_rank(matrix.detach().numpy()) == 2
    assert sum(p.numel() for p in layer.parameters()) == 2 * (9 + 6) + 6


def test_inputs_are_ranked_by_their_correlation():
    """The kept ones are those of scikit-learn's correlation, for one target and for several."""
    x = torch.randn(50, 8, dtype=torch.float64, generator=GENERATOR)
    y = torch.stack([x[:, 2] - 2 * x[:, 5], x[:, 7] ** 2], 1) + 0.3 * torch.randn(
        50, 2, dtype=torch.float64, generator=GENERATOR
    )
    r2 = sum(r_regression(x.numpy(), target.numpy()) ** 2 for target in y.T)
    for count in range(1, 9):
        expected = sorted(np.argsort(-r2)[:count].tolist())
        assert related_inputs(x, y, count).tolist() == expected
    units = torch.logspace(-3, 3, 8, dtype=torch.float64)
    assert related_inputs(x * units + 7, -1e4 * y, 3).tolist() == related_inputs(x, y, 3).tolist()


def test_an_input_that_never_changes_comes_last():
    """It tells nothing, and is no division by zero."""
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0], [1.0, 3.0]])
    assert related_inputs(x, torch.tensor([[0.0], [2.0], [1.0]]), 1).tolist() == [1]
    assert related_inputs(x, torch.ones(3, 1), 2).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kept_units(WEIGHT, 0), "count must be from 1 to 6. Got 0."),
        (lambda: bottleneck(WEIGHT, 7), "rank must be from 1 to 6. Got 7."),
        (lambda: Bottleneck(9, 6, 0), "rank must be from 1 to 6. Got 0."),
        (
            lambda: related_inputs(WEIGHT, WEIGHT[:, :1], 10),
            "count must be from 1 to 9. Got 10.",
        ),
        (
            lambda: related_inputs(WEIGHT, WEIGHT[:, 0], 1),
            "y must be (6, targets). Got the shape (6,).",
        ),
        (
            lambda: related_inputs(WEIGHT, WEIGHT[:4], 1),
            "y must be (6, targets). Got the shape (4, 9).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message


def test_a_network_gets_a_quarter_of_the_width():
    """Each hidden layer shrinks."""
    assert apply(few()) == few().set_model(widths=(32, 32))


@pytest.mark.parametrize("data", [Part(diabetes, useless=5), Part(breast_cancer)], ids=repr)
def test_selected_inputs_are_the_training_set_s_choice(data):
    """Both splits keep the same columns, chosen by the training rows alone."""
    recipe = short().replace(data=data)
    whole, fewer = recipe.peek(), with_fewer_inputs(recipe, 4).peek()
    y = whole.train.y
    y = torch.eye(2)[y] if whole.task == "classification" else y
    kept = related_inputs(whole.train.x, y, 4)
    assert torch.equal(fewer.train.x, whole.train.x[:, kept])
    assert torch.equal(fewer.val.x, whole.val.x[:, kept])
    assert torch.equal(fewer.val.y, whole.val.y)


@pytest.mark.parametrize(
    ("recipe", "shape"),
    [(short(), "(1, 8, 8)"), (short().replace(data=Part(diabetes)), "(10,)")],
    ids=["images", "few columns"],
)
def test_what_has_no_columns_to_select_is_left(recipe, shape):
    """The reason gives the shape of an example."""
    with pytest.raises(NotApplicable) as error:
        with_fewer_inputs(recipe, 11)
    assert str(error.value) == f"it selects 11 columns, and an example has the shape {shape}."
