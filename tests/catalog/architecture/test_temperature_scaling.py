"""Temperature scaling, against a search over many temperatures."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.architecture.temperature_scaling.experiment import OVERFIT, apply, judged
from catalog.architecture.temperature_scaling.reference import TemperatureScaled, fit_temperature
from catalog.lab.tasks import few
from catalog.lab.train import predict, train

GENERATOR = torch.Generator().manual_seed(8)
LOGITS = torch.randn(4000, 5, dtype=torch.float64, generator=GENERATOR) * 2
TARGETS = torch.multinomial(LOGITS.softmax(1), 1, generator=GENERATOR)[:, 0]


@pytest.mark.parametrize("scale", [0.2, 1.0, 4.0])
def test_no_temperature_of_many_has_a_lower_loss(scale):
    """The fit is where a fine grid has its least loss."""
    grid = torch.logspace(-2, 2, 401, dtype=torch.float64)
    losses = torch.stack([F.cross_entropy(scale * LOGITS / t, TARGETS) for t in grid])
    fitted = fit_temperature(scale * LOGITS, TARGETS)
    assert float(F.cross_entropy(scale * LOGITS / fitted, TARGETS)) <= float(losses.min())
    assert fitted == pytest.approx(float(grid[losses.argmin()]), rel=0.024)


def test_labels_drawn_from_the_probabilities_need_none():
    """Where the probabilities are true T is 1, and c for logits c times as large."""
    fitted = fit_temperature(LOGITS, TARGETS)
    assert fitted == pytest.approx(1.0, abs=0.05)
    assert fit_temperature(3 * LOGITS, TARGETS) == pytest.approx(3 * fitted, rel=1e-9)


def test_a_common_offset_changes_nothing():
    """Only differences between logits count."""
    shifted = LOGITS + 1e4 * torch.randn(4000, 1, dtype=torch.float64, generator=GENERATOR)
    assert fit_temperature(shifted, TARGETS) == pytest.approx(fit_temperature(LOGITS, TARGETS))


def test_logits_that_are_always_right_are_sharpened_to_the_end():
    """Without an error a lower T is always better; always wrong ones are softened to the end."""
    logits = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert fit_temperature(logits, torch.tensor([0, 1])) == pytest.approx(0.01)
    assert fit_temperature(logits, torch.tensor([1, 0])) == pytest.approx(100.0)


def test_a_temperature_of_one_changes_nothing_and_none_a_decision():
    """The neutral setting is the network itself; any other keeps the order of the classes."""
    model, x = nn.Linear(4, 3), torch.randn(50, 4)
    assert torch.equal(TemperatureScaled(model, 1.0)(x), model(x))
    softened = TemperatureScaled(model, 5.0)(x)
    assert torch.equal(softened.argsort(1), model(x).argsort(1))
    torch.testing.assert_close(softened * 5, model(x))


def test_a_recipe_is_fitted_on_its_validation_data_alone():
    """The temperature found is that of the validation logits; the weights are the run's own."""
    fit = train(apply(OVERFIT).replace(epochs=30))
    plain = train(OVERFIT.replace(epochs=30))
    logits = predict(plain.model, plain.data.val.x)
    assert float(fit.model.temperature) == pytest.approx(fit_temperature(logits, plain.data.val.y))
    assert fit.final["val_accuracy"] == plain.final["val_accuracy"]


def test_the_half_that_was_not_fitted_on_judges():
    """Loss and accuracy are those of the test set, by hand."""
    fit = train(apply(OVERFIT).replace(epochs=30))
    test = fit.data.test
    with torch.no_grad():
        logits = fit.model.model(test.x) / fit.model.temperature
    results = judged(fit)
    assert results["test_loss"] == pytest.approx(float(F.cross_entropy(logits, test.y)), rel=1e-5)
    assert results["test_accuracy"] == float((logits.argmax(1) == test.y).double().mean())


def test_a_run_that_diverged_is_judged_as_the_class_shares():
    """Its loss is about the log of the number of classes, and never infinite."""
    fit = train(OVERFIT.replace(lr=1e30, epochs=3))
    assert fit.has_diverged
    assert judged(fit)["test_loss"] == pytest.approx(2.303, abs=0.02)
    assert judged(fit)["test_accuracy"] == 0.1


def test_a_broken_network_is_left_as_it_is():
    """Where logits are not finite there is nothing to fit."""
    recipe = apply(few()).replace(optimizer=few().optimizer, lr=1e30, epochs=3)
    assert not isinstance(train(recipe).model, TemperatureScaled)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: fit_temperature(LOGITS, TARGETS, low=0.0),
            "low and high must be above 0 and rising. Got 0.0 and 100.0.",
        ),
        (
            lambda: fit_temperature(LOGITS[:0], TARGETS[:0]),
            "logits must be of at least 1 example. Got 0.",
        ),
        (
            lambda: fit_temperature(LOGITS[:1] / 0, TARGETS[:1]),
            "logits must be finite. Got NaN or infinity.",
        ),
        (lambda: TemperatureScaled(nn.Identity(), 0), "temperature must be above 0. Got 0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
