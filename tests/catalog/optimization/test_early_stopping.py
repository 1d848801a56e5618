"""Early stopping: the rules, against the paper's definitions on curves worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from catalog.lab.recipe import Part
from catalog.lab.tasks import noisy, short
from catalog.lab.train import train
from catalog.optimization.early_stopping.experiment import apply
from catalog.optimization.early_stopping.reference import (
    BestCheckpoint,
    generalization_loss,
    has_lost_generality,
    has_lost_patience,
    has_risen,
)

NAN = float("nan")


def stops_at(rule, losses):
    """Return the first check, counted from 1, at which a rule stops; 0 if it never does."""
    return next((t for t in range(1, len(losses) + 1) if rule(losses[:t])), 0)


@pytest.mark.parametrize(
    ("losses", "percent"),
    [([2.0], 0.0), ([4.0, 2.0], 0.0), ([4.0, 2.0, 3.0], 50.0), ([2.0, 4.0, 2.5], 25.0)],
)
def test_the_generalization_loss_is_the_percentage_above_the_lowest(losses, percent):
    """At a new lowest it is zero; the lowest is that of all checks, not of the last ones."""
    assert generalization_loss(losses) == percent


def test_a_loss_of_nan_is_infinitely_bad():
    """It is above any limit, and never the lowest."""
    assert generalization_loss([1.0, NAN]) == math.inf
    assert generalization_loss([NAN, 2.0]) == 0.0
    assert generalization_loss([NAN]) == 0.0


def test_gl_stops_above_alpha_and_not_at_it():
    """With a limit of 25 percent, 25 percent is still allowed."""
    losses = [1.0, 0.8, 1.0, 0.9, 1.01]
    assert stops_at(lambda seen: has_lost_generality(seen, alpha=25.0), losses) == 5
    assert stops_at(lambda seen: has_lost_generality(seen, alpha=24.0), losses) == 3


def up(losses, t, s, k):
    """Return the paper's recursive definition of UP_s at check t."""
    if t - k < 1 or not losses[t - 1] > losses[t - k - 1]:
        return False
    return s == 1 or up(losses, t - k, s - 1, k)


@pytest.mark.parametrize("strips", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_up_is_the_paper_s_recursion(strips, length):
    """On a wild curve both stop at the same ends of strips, and nowhere else."""
    generator = torch.Generator().manual_seed(strips)
    losses = torch.rand(120, generator=generator).tolist()
    ours = [has_risen(losses[:t], strips, length) for t in range(1, 121)]
    expected = [t % length == 0 and up(losses, t, strips, length) for t in range(1, 121)]
    assert ours == expected
    assert 0 < sum(ours) < 120


@pytest.mark.parametrize(
    ("losses", "settings", "check"),
    [
        ([3, 2, 1, 1, 1], {"patience": 2}, 5),
        ([3, 2, 1, 2, 0.5, 2, 2], {"patience": 2}, 7),
        ([3, 2, 1], {"patience": 1}, 0),
        ([3, 2.9, 2.8, 2.7], {"patience": 2, "min_delta": 0.15}, 0),
        ([3, 2.9, 2.85, 2.8], {"patience": 2, "min_delta": 0.25}, 3),
        ([1, NAN, NAN], {"patience": 2}, 3),
        ([NAN, NAN], {"patience": 2}, 2),
    ],
)
def test_patience_counts_checks_without_an_improvement(losses, settings, check):
    """Equal is no improvement, nor is less than min_delta below the lowest, nor NaN."""
    assert stops_at(lambda seen: has_lost_patience(seen, **settings), losses) == check


def test_the_best_weights_come_back():
    """Of four checks the third was best; what came later does not touch the copy."""
    model, best = nn.Linear(1, 1), BestCheckpoint()
    for weight, loss in ((1.0, 3.0), (2.0, NAN), (3.0, 1.0), (4.0, 1.0)):
        nn.init.constant_(model.weight, weight)
        assert best.update(loss, model) == (weight in (1.0, 3.0))
    best.restore(model)
    assert (model.weight.item(), best.loss) == (3.0, 1.0)


def test_without_a_check_the_weights_stay():
    """There is nothing to go back to."""
    model = nn.Linear(1, 1)
    before = model.weight.item()
    BestCheckpoint().restore(model)
    assert model.weight.item() == before


def test_a_run_ends_by_the_rule_with_its_best_weights():
    """The result has the lowest validation loss of the history, which ends after the patience."""
    recipe = apply(
        noisy(0.3).replace(lr=0.03, batch_size=None), rule=Part(has_lost_patience, patience=3)
    )
    fit = train(recipe)
    losses = fit.history.series["val_loss"].value
    assert len(losses) == losses.argmin() + 4 < 60
    assert math.isclose(fit.final["val_loss"], losses.min(), rel_tol=1e-6)


def test_a_rule_that_never_stops_lets_the_run_go_on():
    """A patience longer than the run changes nothing but the weights that are left."""
    patient = Part(has_lost_patience, patience=1000)
    fit = train(apply(short(50), rule=patient))
    assert len(fit.history.series["loss"].step) == 50


@pytest.mark.parametrize(
    ("rule", "settings", "message"),
    [
        (has_lost_generality, {"alpha": -1.0}, "alpha must be at least 0. Got -1.0."),
        (has_risen, {"strips": 0}, "strips must be at least 1. Got 0."),
        (has_risen, {"length": 0}, "length must be at least 1. Got 0."),
        (has_lost_patience, {"patience": 0}, "patience must be at least 1. Got 0."),
        (has_lost_patience, {"min_delta": NAN}, "min_delta must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(rule, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        rule([1.0], **settings)
    assert str(error.value) == message


def test_no_losses_are_an_error():
    """There is no lowest of nothing."""
    with pytest.raises(ValueError, match="losses must hold") as error:
        generalization_loss([])
    assert str(error.value) == "losses must hold at least one value. Got none."
