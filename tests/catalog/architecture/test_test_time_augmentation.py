"""Test-time augmentation, against the mean over views written out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.test_time_augmentation.experiment import SHIFTS, apply
from catalog.architecture.test_time_augmentation.reference import (
    AveragedViews,
    mirrored,
    shifted,
)
from catalog.lab.data import diabetes
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images
from catalog.lab.train import predict, train

X = torch.arange(1.0, 25.0).view(2, 1, 3, 4)


def _model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 3))


@pytest.mark.parametrize(("rows", "columns"), [(0, 1), (1, 0), (-1, 0), (0, -2), (2, -1), (0, 0)])
def test_a_shift_moves_every_pixel(rows, columns):
    """Each pixel comes from where it should, and zeros from outside."""
    moved = shifted(X, rows, columns)
    assert moved.shape == X.shape
    for r in range(3):
        for c in range(4):
            inside = 0 <= r + rows < 3 and 0 <= c + columns < 4
            expected = X[:, 0, r + rows, c + columns] if inside else torch.zeros(2)
            assert torch.equal(moved[:, 0, r, c], expected)


def test_its_softmax_is_the_mean_over_views():
    """Probabilities are averaged, not logits."""
    model = _model()
    with torch.no_grad():
        # Scores of the first column alone: the mirror image gets others.
        model[1].weight.copy_(torch.tensor([[-0.1], [0.0], [0.1]]) * torch.eye(4)[0].repeat(3))
        p = AveragedViews(model, (shifted, mirrored))(X).softmax(1)
        expected = (model(X).softmax(1) + model(X.flip(-1)).softmax(1)) / 2
        torch.testing.assert_close(p, expected)
        logits = (model(X) + model(X.flip(-1))) / 2
    assert (p - logits.softmax(1)).abs().max() > 1e-3


def test_numbers_are_averaged_as_they_are():
    """Outputs are averaged where they are no logits."""
    model = _model()
    expected = (model(X) + model(X.flip(-1))) / 2
    torch.testing.assert_close(AveragedViews(model, (shifted, mirrored), "outputs")(X), expected)


def test_a_mirrored_input_gets_the_same_prediction():
    """With both sides among the views it does not matter which was given."""
    model = AveragedViews(_model(), (shifted, mirrored))
    torch.testing.assert_close(model(X), model(X.flip(-1)))


def test_the_input_alone_is_the_network_itself():
    """One view that changes nothing gives the network's own probabilities."""
    model = _model()
    torch.testing.assert_close(AveragedViews(model, (shifted,))(X).softmax(1), model(X).softmax(1))


def test_a_recipe_trains_as_before_and_averages_then():
    """The weights are the run's own; the prediction is over the image and its four neighbours."""
    recipe = images().replace(epochs=2, evaluate_every=2)
    plain, fit = train(recipe), train(apply(recipe))
    assert len(SHIFTS) == 5
    # With an empty border nothing is lost at the edge, and a shift is a roll.
    generator = torch.Generator().manual_seed(0)
    x = nn.functional.pad(torch.rand(6, 1, 6, 6, generator=generator), (1, 1, 1, 1))
    views = (x, x.roll(1, 2), x.roll(-1, 2), x.roll(1, 3), x.roll(-1, 3))
    expected = sum(predict(plain.model, view).softmax(1) for view in views) / 5
    torch.testing.assert_close(predict(fit.model, x).softmax(1), expected)


def test_tables_have_no_views():
    """Numbers in a row have no neighbours to shift to."""
    with pytest.raises(NotApplicable, match="alters images"):
        apply(images().replace(data=Part(diabetes)))


def test_bad_settings_are_named():
    """The messages say what is allowed and what came."""
    with pytest.raises(ValueError, match="views must be") as error:
        AveragedViews(_model(), ())
    assert str(error.value) == "views must be at least 1. Got 0."
    with pytest.raises(ValueError, match="average must be") as error:
        AveragedViews(_model(), (shifted,), "logits")
    assert str(error.value) == "average must be probabilities or outputs. Got logits."
