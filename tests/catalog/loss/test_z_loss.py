"""z-loss, against the sum of exponentials written out."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from catalog.lab.tasks import few, short
from catalog.lab.train import train
from catalog.loss.z_loss.experiment import apply, drift
from catalog.loss.z_loss.reference import log_normalizer, z_loss

LOGITS = torch.randn(20, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 3


def test_a_loop_gives_the_same():
    """It is c times the mean square of the log of the sum of exponentials."""
    naive = [math.log(sum(map(math.exp, row))) for row in LOGITS.tolist()]
    torch.testing.assert_close(log_normalizer(LOGITS), torch.tensor(naive, dtype=torch.float64))
    expected = 0.3 * sum(z**2 for z in naive) / 20
    assert z_loss(LOGITS, 0.3).item() == pytest.approx(expected, rel=1e-12)


def test_its_gradient_pulls_the_level_to_zero():
    """At the logits it is 2 c log Z p / n."""
    logits = LOGITS.clone().requires_grad_()
    z_loss(logits, 0.3).backward()
    expected = 0.6 * log_normalizer(LOGITS)[:, None] * LOGITS.softmax(1) / 20
    torch.testing.assert_close(logits.grad, expected)


def test_normalized_logits_cost_nothing():
    """Log-probabilities have a normalizer of 1, and no level costs less."""
    log_p = LOGITS.log_softmax(1)
    assert z_loss(log_p, 1.0).item() == pytest.approx(0.0, abs=1e-25)
    assert z_loss(log_p + 0.1, 1.0).item() == pytest.approx(0.01)
    assert z_loss(log_p - 0.1, 1.0).item() == pytest.approx(0.01)


@pytest.mark.parametrize("offset", [1e4, -1e4])
def test_a_common_offset_is_added_to_the_log(offset):
    """Logits far from zero neither overflow nor vanish."""
    torch.testing.assert_close(log_normalizer(LOGITS + offset), log_normalizer(LOGITS) + offset)


def test_half_precision_is_computed_in_single():
    """The log of the sum is taken in 32 bits, and the gradient comes back in 16."""
    logits = LOGITS.bfloat16().requires_grad_()
    loss = z_loss(logits)
    loss.backward()
    assert loss.dtype == torch.float32
    assert logits.grad.dtype == torch.bfloat16
    torch.testing.assert_close(
        log_normalizer(logits.detach()), log_normalizer(logits.detach().float())
    )


def test_a_coefficient_of_zero_changes_no_run():
    """The neutral setting trains the plain loss."""
    plain, same = train(short(10)), train(apply(short(10), coefficient=0.0))
    assert same.final == plain.final


def test_a_recipe_logs_the_penalty_with_its_loss():
    """The first step's loss is the cross-entropy plus the z-loss of the first outputs."""
    recipe = few().replace(epochs=1)
    loss = train(apply(recipe, coefficient=0.5)).history.series["loss"].value[0]
    plain = train(recipe).history.series["loss"].value[0]
    torch.manual_seed(0)
    data = recipe.peek()
    outputs = recipe.model(data)(data.train.x).detach()
    torch.testing.assert_close(F.cross_entropy(outputs, data.train.y).item(), plain)
    assert loss - plain == pytest.approx(z_loss(outputs, 0.5).item(), rel=1e-4)


def test_a_broken_run_has_the_drift_of_zero_logits():
    """What is compared stays finite."""
    fit = train(few().replace(lr=1e30, epochs=3, evaluate_every=3))
    assert drift(fit)["abs_log_normalizer"] == pytest.approx(math.log(10))


@pytest.mark.parametrize("coefficient", [-1e-4, float("nan")])
def test_a_bad_coefficient_is_named(coefficient):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="coefficient must be") as error:
        z_loss(LOGITS, coefficient)
    assert str(error.value) == f"coefficient must be at least 0. Got {coefficient}."
