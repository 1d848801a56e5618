"""Huber loss and smooth L1, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from catalog.lab.data import diabetes
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.loss.huber_loss.experiment import apply, good_fit, regression
from catalog.loss.huber_loss.reference import huber_loss, smooth_l1_loss

GENERATOR = torch.Generator().manual_seed(6)
OUTPUTS = torch.randn(40, 2, dtype=torch.float64, generator=GENERATOR) * 3
TARGETS = torch.randn(40, 2, dtype=torch.float64, generator=GENERATOR)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("delta", [0.1, 1.0, 5.0])
def test_it_is_torch_s_huber_loss(delta, reduction):
    """Value and gradient are torch's."""
    ours, theirs = OUTPUTS.clone().requires_grad_(), OUTPUTS.clone().requires_grad_()
    loss = huber_loss(ours, TARGETS, delta, reduction)
    expected = F.huber_loss(theirs, TARGETS, delta=delta, reduction=reduction)
    torch.testing.assert_close(loss, expected)
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("beta", [0.0, 0.1, 1.0, 5.0])
def test_it_is_torch_s_smooth_l1(beta, reduction):
    """So is the smooth L1, the absolute error included."""
    torch.testing.assert_close(
        smooth_l1_loss(OUTPUTS, TARGETS, beta, reduction),
        F.smooth_l1_loss(OUTPUTS, TARGETS, beta=beta, reduction=reduction),
    )


def test_a_large_delta_is_half_the_squared_error():
    """No error is beyond it."""
    expected = 0.5 * F.mse_loss(OUTPUTS, TARGETS)
    torch.testing.assert_close(huber_loss(OUTPUTS, TARGETS, delta=1e6), expected)


def test_no_example_pulls_harder_than_delta():
    """An error of any size, one too large to be squared included, has a slope of delta at most."""
    outputs = torch.tensor([0.0, 0.5, -3.0, 1e4, -1e30], requires_grad=True)
    huber_loss(outputs, torch.zeros(5), delta=2.0, reduction="sum").backward()
    torch.testing.assert_close(outputs.grad, torch.tensor([0.0, 0.5, -2.0, 2.0, -2.0]))


def test_a_missing_target_is_not_hidden():
    """A NaN gives a NaN."""
    assert huber_loss(torch.zeros(2), torch.tensor([0.0, float("nan")])).isnan()


def test_delta_follows_the_scale_of_the_targets():
    """A recipe with targets a hundred times as large gets a delta a hundred times as large."""
    plain, raw = Part(diabetes), Part(diabetes, scaled=False)
    deltas = [
        apply(regression(0.0).replace(data=data)).loss.settings["delta"] for data in (plain, raw)
    ]
    spread = diabetes(0, scaled=False).train.y.std(unbiased=False)
    assert deltas[1] == pytest.approx(deltas[0] * float(spread), rel=1e-4)


def test_outliers_hardly_change_delta():
    """A tenth of the targets multiplied tenfold moves it by less than a third."""
    clean, dirty = (apply(regression(share)).loss.settings["delta"] for share in (0.0, 0.1))
    assert clean == pytest.approx(dirty, rel=0.33)


def test_good_examples_are_those_that_are_no_outliers():
    """The error that decides leaves out the tenth of the targets that was moved, and no other."""
    fit = train(regression(0.1).replace(epochs=5, evaluate_every=5))
    dirty, clean = diabetes(0, outliers=0.1).train, diabetes(0).train
    with torch.no_grad():
        squares = (fit.model(clean.x) - clean.y)[dirty.y == clean.y] ** 2
    assert len(squares) == 221 - 22
    assert good_fit(fit)["good_train_loss"] == pytest.approx(squares.mean().item(), rel=1e-5)


def test_a_run_that_diverged_counts_as_the_mean():
    """Its error on the good examples is that of the mean of all targets."""
    fit = train(regression(0.1).replace(optimizer=Part(torch.optim.SGD), lr=1e6, epochs=5))
    assert fit.has_diverged
    dirty, clean = diabetes(0, outliers=0.1).train, diabetes(0).train
    expected = (dirty.y.mean() - clean.y)[dirty.y == clean.y].square().mean().item()
    assert good_fit(fit)["good_train_loss"] == pytest.approx(expected, rel=1e-5)


def test_classes_and_other_losses_are_refused():
    """It replaces the squared error of numbers and nothing else."""
    with pytest.raises(NotApplicable) as refusal:
        apply(short())
    assert str(refusal.value) == "it is a loss of numbers, and the targets are classes."
    with pytest.raises(NotApplicable) as refusal:
        apply(regression(0.0).replace(loss=Part(F.l1_loss)))
    assert str(refusal.value) == (
        "it takes the place of the squared error, and torch.nn.functional:l1_loss is used."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: huber_loss(OUTPUTS, TARGETS, delta=0.0), "delta must be above 0. Got 0.0."),
        (lambda: smooth_l1_loss(OUTPUTS, TARGETS, beta=-1), "beta must be at least 0. Got -1."),
        (
            lambda: huber_loss(OUTPUTS, TARGETS, reduction="total"),
            "reduction must be mean, sum or none. Got total.",
        ),
        (
            lambda: huber_loss(OUTPUTS, TARGETS[:, 0]),
            "targets must be of the outputs' shape (40, 2). Got (40,).",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
