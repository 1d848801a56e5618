"""Output-bias initialization: the best prediction that ignores the input, before the first step."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab.data import diabetes, digits
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, rows, short
from catalog.optimization.output_bias_initialization.experiment import (
    FAR_TARGETS,
    apply,
    one_against_rest,
    rare,
    start_at_prior,
)
from catalog.optimization.output_bias_initialization.reference import (
    log_odds,
    log_prior,
    mean_target,
)

LABELS = torch.tensor([0, 0, 0, 0, 0, 1, 1, 3])


def test_no_constant_logits_are_better():
    """The gradient of the convex loss of a constant prediction vanishes at this bias alone."""
    labels = torch.tensor([0, 0, 0, 0, 0, 1, 1, 2])
    bias = log_prior(labels, 3, pseudo_count=0.0).requires_grad_()
    F.cross_entropy(bias.expand(8, 3), labels).backward()
    torch.testing.assert_close(bias.grad, torch.zeros_like(bias), rtol=0, atol=1e-15)


def test_counts_are_those_of_a_naive_loop():
    """The pseudo-count is added to every class, also to one without examples."""
    expected = [
        math.log((sum(int(label) == k for label in LABELS) + 0.5) / (8 + 4 * 0.5)) for k in range(4)
    ]
    assert log_prior(LABELS, 4, 0.5).tolist() == pytest.approx(expected)
    assert log_prior(LABELS, 4, 0.0)[2] == -math.inf
    assert log_prior(LABELS, 5)[4].isfinite()


def test_balanced_classes_change_nothing():
    """Where all classes are alike the bias is constant, and the softmax does not see it."""
    bias = log_prior(torch.arange(10).repeat(7), 10)
    logits = torch.randn(4, 10, dtype=torch.float64)
    torch.testing.assert_close(torch.softmax(logits + bias, 1), torch.softmax(logits, 1))


@pytest.mark.parametrize("frequency", [0.01, 0.5, 0.999])
def test_log_odds_are_torch_s_logit(frequency):
    """The sigmoid of the bias is the frequency."""
    assert log_odds(frequency) == pytest.approx(
        torch.logit(torch.tensor(frequency, dtype=torch.float64)).item()
    )


@pytest.mark.parametrize("task", [rare(20), FAR_TARGETS])
def test_an_untrained_network_has_the_loss_of_the_constant(task):
    """With last weights at zero, its loss is that of the best constant prediction."""
    data = task.peek()
    model = task.model(data)
    nn.init.zeros_(model[-1].weight)
    start_at_prior(model, data, task, pseudo_count=0.0)
    with torch.no_grad():
        outputs = model(data.train.x)
    loss = F.cross_entropy if data.task == "classification" else F.mse_loss
    assert loss(outputs, data.train.y).item() == pytest.approx(data.constant_losses()[0], rel=1e-5)


@pytest.mark.parametrize("task", [short, images, rows])
def test_only_the_bias_of_the_last_layer_changes(task):
    """Every other parameter is left as it was."""
    recipe = task().set_data(rare=3)
    data = recipe.peek()
    model = recipe.model(data)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    start_at_prior(model, data, recipe, pseudo_count=1.0)
    changed = [n for n, value in model.state_dict().items() if not torch.equal(value, before[n])]
    assert len(changed) == 1
    counts = torch.bincount(data.train.y, minlength=10) + 1
    torch.testing.assert_close(model.state_dict()[changed[0]], (counts / counts.sum()).log())


def test_the_mean_is_taken_for_each_target():
    """Each column has its own, in double precision."""
    torch.testing.assert_close(
        mean_target(torch.tensor([[1.0, 1e8], [3.0, 1e8 + 8]])),
        torch.tensor([2.0, 1e8 + 4], dtype=torch.float64),
        rtol=0,
        atol=0,
    )
    assert mean_target(diabetes(0).train.y).abs().item() < 1e-6


def test_one_class_is_a_tenth():
    """The task of the experiment keeps the images and joins the other labels."""
    data, before = one_against_rest(0, digit=8), digits(0, n_train=300)
    assert torch.equal(data.val.x, before.val.x)
    assert torch.equal(data.val.y == 1, before.val.y == 8)
    assert data.train.y.double().mean().item() == pytest.approx(0.1, abs=0.02)


def test_it_says_why_it_does_not_fit():
    """A network that ends without a bias has nothing to set."""
    with pytest.raises(NotApplicable) as error:
        apply(short().replace(model=Part(without_bias)))
    assert str(error.value) == "the last layer has no bias for each output."


def without_bias(data):
    """Return a network without biases."""
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 5), nn.Linear(5, data.outputs, bias=False))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (partial(log_prior, LABELS, 4, -1.0), "pseudo_count must be at least 0. Got -1.0."),
        (partial(log_odds, 0.0), "frequency must be above 0 and below 1. Got 0.0."),
        (partial(log_odds, 1.0), "frequency must be above 0 and below 1. Got 1.0."),
    ],
)
def test_a_bad_argument_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
