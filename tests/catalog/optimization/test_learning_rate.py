"""Choosing the learning rate, against torch's Hessian and against plain gradient descent."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.learning_rate.experiment import apply
from catalog.optimization.learning_rate.reference import rate_grid, search, stable_limit


@pytest.mark.parametrize("per_decade", [1, 2, 3])
def test_the_grid_is_numpy_s(per_decade):
    """The rates are those of `geomspace`, both ends included."""
    expected = np.geomspace(1e-4, 1.0, 4 * per_decade + 1)
    assert rate_grid(1e-4, 1.0, per_decade) == pytest.approx(tuple(expected))


def test_the_grid_stays_below_its_top():
    """Where no ratio fits, the highest rate is the last one below the top."""
    assert rate_grid(1.0, 9.0, 2) == pytest.approx((1.0, math.sqrt(10)))


def test_the_search_takes_the_lowest_finite_score():
    """A diverged run is never chosen, and the scores come back in order."""
    scores = {0.1: 3.0, 0.2: 1.0, 0.4: float("nan"), 0.8: -math.inf}
    choice = search(scores.__getitem__, list(scores))
    assert choice.rate == 0.2
    assert not choice.is_at_edge
    assert choice.scores[:2] == (3.0, 1.0)


@pytest.mark.parametrize("scores", [(1.0, 2.0, 3.0), (3.0, 2.0, 1.0)])
def test_a_choice_at_the_edge_says_so(scores):
    """The best of the rates tried may lie further out, at either end."""
    found = dict(zip((0.1, 0.2, 0.4), scores, strict=True))
    assert search(found.__getitem__, list(found)).is_at_edge


def test_a_search_without_a_finite_run_is_an_error():
    """The message says what is needed and what came."""
    with pytest.raises(ValueError, match="must end") as error:
        search(lambda _rate: math.inf, [0.1, 0.2])
    assert str(error.value) == "some run must end with a finite score. Got [inf, inf]."


def curved(x: torch.Tensor) -> torch.Tensor:
    """Return a loss whose Hessian has eigenvalues of both signs, the largest in size negative."""
    scale = torch.tensor([4.0, 1.0, -9.0, 0.5], dtype=x.dtype)
    return (scale * x**2).sum() / 2 + 0.3 * torch.sin(x).prod()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_limit_is_two_over_the_largest_eigenvalue(sign):
    """It is the signed largest eigenvalue of torch's Hessian, not the largest in size."""
    x = torch.tensor([0.3, -0.7, 0.2, 1.1], dtype=torch.float64, requires_grad=True)
    hessian = torch.autograd.functional.hessian(lambda z: sign * curved(z), x.detach())
    expected = 2 / float(torch.linalg.eigvalsh(hessian).max())
    found = stable_limit(sign * curved(x), [x], iterations=500)
    assert found == pytest.approx(expected, rel=1e-6)


def test_gradient_descent_turns_at_the_limit():
    """Just below the limit it shrinks on a bowl, just above it grows."""
    x = torch.tensor([1.0, 1.0, 1.0], dtype=torch.float64, requires_grad=True)
    scale = torch.tensor([10.0, 3.0, 1.0], dtype=torch.float64)
    limit = stable_limit((scale * x**2).sum() / 2, [x])
    for ratio, grows in ((0.99, False), (1.01, True)):
        position = torch.ones(3, dtype=torch.float64)
        for _ in range(500):
            position = position - ratio * limit * scale * position
        assert bool(position.abs().max() > 1) == grows


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_a_loss_that_curves_nowhere_upwards_has_no_limit(slope):
    """A plane and a hill can be descended at any rate."""
    x = torch.ones(3, requires_grad=True)
    assert stable_limit(slope * x.sum(), [x]) == math.inf
    assert stable_limit(slope * x.sum() - (x**2).sum(), [x]) == math.inf


def test_all_parameters_count():
    """A parameter of another shape, and one that the loss does not use, take part."""
    first, second = torch.ones(2, 2, requires_grad=True), torch.ones(1, requires_grad=True)
    unused = torch.ones(5, requires_grad=True)
    loss = (first**2).sum() + 8 * (second**2).sum()
    assert stable_limit(loss, [first, second, unused]) == pytest.approx(2 / 16)


def test_a_run_takes_the_rate_that_trains_best_by_itself():
    """The rate is that whose own run of the same length ends with the lowest training loss."""
    recipe = short().replace(epochs=2, lr=1e-3)
    fit = train(apply(recipe, low=1e-3, high=1.0, per_decade=1, share=1.0))
    losses = {
        lr: train(recipe.replace(lr=lr)).final["clean_train_loss"] for lr in (1e-3, 0.01, 0.1, 1.0)
    }
    best = min(losses, key=losses.get)
    assert fit.history.series["lr"].value[0] == pytest.approx(best)
    assert fit.final["clean_train_loss"] == pytest.approx(losses[best], rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 1.0), "low and high must be rising and above 0. Got 0.0, 1.0."),
        ((1.0, 0.1), "low and high must be rising and above 0. Got 1.0, 0.1."),
        ((0.1, math.inf), "low and high must be rising and above 0. Got 0.1, inf."),
        ((0.1, 1.0, 0), "per_decade must be at least 1. Got 0."),
    ],
)
def test_a_bad_grid_is_named(arguments, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        rate_grid(*arguments)
    assert str(error.value) == message


def test_no_iterations_are_named():
    """The message says what is allowed and what came."""
    x = torch.ones(1, requires_grad=True)
    with pytest.raises(ValueError, match="must be") as error:
        stable_limit((x**2).sum(), [x], iterations=0)
    assert str(error.value) == "iterations must be at least 1. Got 0."
