"""Input scaling, against scikit-learn's scalers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from sklearn import preprocessing

from catalog.lab.data import Split, breast_cancer, diabetes, digits
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.loss.input_scaling.experiment import (
    RAW,
    RAW_TARGETS,
    apply,
    in_units_of_the_target,
    scaled,
)
from catalog.loss.input_scaling.reference import measure_scale

RNG = np.random.default_rng(5)
TABLE = RNG.normal(size=(41, 6)) * [1, 1e-3, 1e4, 5, 1, 2] + [0, 1, 1e4, -3, 0, 1e6]
NEW = RNG.normal(size=(9, 6)) * 50


@pytest.mark.parametrize(
    ("statistic", "scaler"),
    [
        ("standard", preprocessing.StandardScaler()),
        ("range", preprocessing.MinMaxScaler()),
        ("robust", preprocessing.RobustScaler()),
    ],
)
def test_it_scales_as_scikit_learn_does(statistic, scaler):
    """Training rows and rows never seen are scaled as by its scaler, and back again."""
    scaler.fit(TABLE)
    scale = measure_scale(torch.tensor(TABLE), statistic=statistic)
    for rows in (TABLE, NEW):
        ours = scale.apply(torch.tensor(rows))
        np.testing.assert_allclose(ours, scaler.transform(rows), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(scale.undo(ours), rows, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("statistic", ["standard", "range", "robust"])
@pytest.mark.parametrize("axes", [(0,), (0, 2, 3), (0, 1), (0, 1, 2, 3)])
def test_axes_are_gathered_over(statistic, axes):
    """What is measured over some axes is what is measured of the flattened columns."""
    x = torch.tensor(RNG.normal(size=(7, 3, 2, 4)) * 3 + 1)
    others = [axis for axis in range(4) if axis not in axes]
    moved = x.permute(*axes, *others)
    flat = moved.reshape(-1, *(x.shape[axis] for axis in others), 1).flatten(1)
    expected = measure_scale(flat, (0,), statistic).apply(flat)
    ours = measure_scale(x, axes, statistic).apply(x).permute(*axes, *others).reshape(flat.shape)
    torch.testing.assert_close(ours, expected)


@pytest.mark.parametrize("statistic", ["standard", "range", "robust"])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e4, -1e30])
def test_a_constant_feature_becomes_zero(statistic, value):
    """A constant gives 0, not NaN nor inflated rounding; another value keeps its distance."""
    scale = measure_scale(torch.full((50, 1), value), statistic=statistic)
    assert torch.equal(scale.spread, torch.ones(1, 1, dtype=torch.float64))
    assert scale.apply(torch.full((3, 1), value)).abs().max() <= 1e-9 * max(1.0, abs(value))
    assert scale.apply(torch.full((1, 1), value, dtype=torch.float64) + 1.0).isfinite().all()


def test_a_large_offset_does_not_drown_the_deviation():
    """Single-precision columns far from zero get variance 1 all the same."""
    x = 1e4 + torch.randn(1000, 3, generator=torch.Generator().manual_seed(0))
    out = measure_scale(x).apply(x)
    assert out.dtype == torch.float32
    torch.testing.assert_close(out.std(0, correction=0), torch.ones(3), rtol=0, atol=1e-3)


@pytest.mark.parametrize("n_train", [50, 285])
def test_the_training_split_alone_is_measured(n_train):
    """Wrapped around raw data it gives what the data set gives when it scales by its rows."""
    part = Part(breast_cancer, n_train=n_train)
    ours = scaled(3, part.set(scaled=False), "standard", inputs=True, targets=True)
    theirs = part(3)
    torch.testing.assert_close(ours.train.x, theirs.train.x, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(ours.val.x, theirs.val.x, rtol=1e-4, atol=1e-4)
    if n_train < 285:
        torch.testing.assert_close(ours.unlabelled, theirs.unlabelled, rtol=1e-4, atol=1e-4)
    assert torch.equal(ours.train.y, theirs.train.y)


def test_targets_are_scaled_on_demand():
    """Both splits of a regression are in deviations of the training targets; off, they stay."""
    raw, theirs = diabetes(1, scaled=False), diabetes(1)
    part = Part(diabetes, scaled=False)
    ours = scaled(1, part, "standard", inputs=False, targets=True)
    torch.testing.assert_close(ours.val.y, theirs.val.y, rtol=1e-4, atol=1e-4)
    assert torch.equal(ours.val.x, raw.val.x)
    assert torch.equal(scaled(1, part, "standard", inputs=True, targets=False).val.y, raw.val.y)


def test_losses_are_compared_in_one_unit():
    """A loss of scaled targets times their variance is the error of predictions scaled back."""
    fit = train(apply(RAW_TARGETS, targets=True).replace(epochs=3, evaluate_every=3))
    raw = diabetes(0, scaled=False)
    scale = measure_scale(raw.train.y)
    with torch.no_grad():
        predicted = scale.undo(fit.model(fit.data.val.x))
    expected = (predicted - raw.val.y).square().mean().item()
    assert in_units_of_the_target(fit)["val_loss"] == pytest.approx(expected, rel=1e-4)


def test_images_are_scaled_by_channel():
    """The training images have mean 0 and variance 1 as a whole, not pixel by pixel."""
    x = apply(short()).peek().train.x
    assert x.shape == digits(0, n_train=300).train.x.shape
    assert abs(x.mean().item()) < 1e-5
    assert x.std(correction=0).item() == pytest.approx(1, abs=1e-5)
    assert x.std(0).max() > 1.05


def test_codes_are_not_scaled():
    """Whole numbers may be codes, whose size means nothing."""
    with pytest.raises(NotApplicable, match=r"it scales measurements, .*\.$"):
        apply(RAW.replace(data=Part(whole_numbers)))


def whole_numbers(seed):
    """Return data with integer inputs."""
    made = breast_cancer(seed)
    codes = Split(made.train.x.long(), made.train.y)
    return dataclasses.replace(made, train=codes, val=codes)


@pytest.mark.parametrize(
    ("train_x", "statistic", "message"),
    [
        (
            torch.ones(3, 1),
            "mean",
            "statistic must be one of standard, range, robust. Got 'mean'.",
        ),
        (
            torch.tensor([[1.0], [float("nan")]]),
            "robust",
            "train must be finite. Got NaN or infinity.",
        ),
        (
            torch.tensor([[1.0], [float("inf")]]),
            "standard",
            "train must be finite. Got NaN or infinity.",
        ),
    ],
)
def test_a_bad_argument_is_named(train_x, statistic, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        measure_scale(train_x, statistic=statistic)
    assert str(error.value) == message
