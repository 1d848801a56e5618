"""Hyperparameter search, against scipy's quasi-random points."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import qmc

from catalog.lab.recipe import Part
from catalog.lab.tasks import SGD, few, short
from catalog.lab.train import train
from catalog.optimization.hyperparameter_search.experiment import (
    SettingsSearch,
    apply,
    grid,
    without_validation_set,
)
from catalog.optimization.hyperparameter_search.reference import (
    Range,
    halton,
    radical_inverse,
    search,
    trials,
)


@pytest.mark.parametrize("dimensions", [1, 2, 5, 12])
def test_the_points_are_scipy_s(dimensions):
    """Without a shift they are scipy's unscrambled Halton points."""
    expected = qmc.Halton(dimensions, scramble=False).random(100)
    np.testing.assert_allclose(halton(100, dimensions), expected, atol=1e-12)


def test_a_shift_moves_all_points_alike():
    """Points of a seed are the unshifted ones moved around a circle; seeds differ in the move."""
    plain, moved = np.array(halton(50, 3)), np.array(halton(50, 3, seed=1))
    by = (moved - plain) % 1.0
    np.testing.assert_allclose(by, np.broadcast_to(by[0], by.shape), atol=1e-12)
    assert ((moved >= 0) & (moved < 1)).all()
    assert not np.allclose(moved, halton(50, 3, seed=2))


def test_they_are_spread_more_evenly_than_random_points():
    """Their discrepancy, by scipy, is below that of each of twenty random sets."""
    found = qmc.discrepancy(halton(16, 2, seed=0))
    rng = np.random.default_rng(0)
    assert found < min(qmc.discrepancy(rng.random((16, 2))) for _ in range(20))


@pytest.mark.parametrize("i", [0, 1, 2, 3, 11, 255])
def test_the_radical_inverse_mirrors_the_binary_digits(i):
    """In base 2 it is the reversed binary number behind the point."""
    digits = f"{i:b}"[::-1]
    assert radical_inverse(i, 2) == int(digits, 2) / 2 ** len(digits)


def test_ranges_go_from_end_to_end():
    """Half of a log range is the geometric mean, half of a linear one the arithmetic mean."""
    assert [Range(1e-4, 1.0).at(u) for u in (0, 0.5, 1)] == pytest.approx([1e-4, 1e-2, 1.0])
    assert [Range(-1.0, 3.0, "linear").at(u) for u in (0, 0.5, 1)] == [-1.0, 1.0, 3.0]


def test_trials_are_the_points_on_their_ranges():
    """Each setting has its own column, on its own scale."""
    space = {"lr": Range(1e-3, 1.0), "p": Range(0.0, 0.5, "linear")}
    for trial, (u, v) in zip(trials(space, 20, seed=3), halton(20, 2, seed=3), strict=True):
        assert trial == {"lr": pytest.approx(10 ** (-3 + 3 * u)), "p": pytest.approx(0.5 * v)}


def test_the_choice_is_by_the_mean_of_the_repeats():
    """A lucky first run loses to a trial that is good from every start."""
    scores = {1.0: [0.0, 9.0, 9.0], 2.0: [1.0, 1.0, 1.0], 3.0: [2.0, 0.0, 0.0], 4.0: [8.0] * 3}
    tried = [{"x": x} for x in scores]
    asked = []

    def run(settings, seed):
        asked.append((settings["x"], seed))
        return scores[settings["x"]][seed]

    found = search(run, tried, finalists=2, repeats=2)
    assert found.best == {"x": 2.0}
    assert found.score == 1.0
    assert found.trials == tuple(({"x": x}, s[0]) for x, s in scores.items())
    assert asked[4:] == [(1.0, 1), (1.0, 2), (2.0, 1), (2.0, 2)]
    assert search(run, tried, finalists=3, repeats=2).best == {"x": 3.0}
    assert search(run, tried, repeats=0).best == {"x": 1.0}


def test_a_run_that_diverges_is_never_chosen():
    """NaN and infinities of both signs count as the worst, also in a repeat."""
    scores = {1.0: [math.nan], 2.0: [-math.inf], 3.0: [0.5, math.nan], 4.0: [7.0, 7.0]}
    tried = [{"x": x} for x in scores]
    found = search(lambda s, seed: scores[s["x"]][seed], tried, finalists=2, repeats=1)
    assert found.best == {"x": 4.0}


def test_a_grid_has_every_pair():
    """Sixteen trials are four values of each of two settings, ends included."""
    found = grid({"a": Range(1.0, 1000.0), "b": Range(0.0, 3.0, "linear")}, 16)
    pairs = {(round(row["a"]), round(row["b"])) for row in found}
    assert pairs == {(a, b) for a in (1, 10, 100, 1000) for b in range(4)}


def test_trials_never_see_the_validation_set():
    """They train and are judged on examples of the training set alone."""
    data = short().data
    whole, seen = data(0), without_validation_set(0, data=data, share=0.2)
    rows = {tuple(x.flatten().tolist()) for x in whole.train.x}
    assert {tuple(x.flatten().tolist()) for x in (*seen.train.x, *seen.val.x)} == rows
    assert len(seen.val) == 60


class Quick(SettingsSearch):
    """A search that notes what it set."""

    found: dict[str, float]

    def on_start(self, loop):
        """Search, and note."""
        super().on_start(loop)
        group = loop.optimizer.param_groups[0]
        type(self).found = {"lr": group["initial_lr"], "weight_decay": group["weight_decay"]}


def test_a_run_takes_settings_that_were_tried():
    """Rate and weight decay of the run are those of one trial."""
    recipe = few().replace(optimizer=SGD, epochs=2, evaluate_every=2)
    recipe = recipe.plus(callbacks=Part(Quick, count=4, finalists=1, repeats=0))
    fit = train(recipe)
    space = {"lr": Range(1e-4, 1.0), "weight_decay": Range(1e-5, 0.1)}
    tried = trials(space, 4, seed=0)
    assert any(Quick.found == pytest.approx(trial) for trial in tried)
    assert fit.history.series["lr"].value[0] == pytest.approx(Quick.found["lr"])


def test_an_optimizer_without_weight_decay_is_searched_by_its_rate():
    """No setting is put into an optimizer that does not know it."""
    recipe = few().replace(optimizer=Part(plain), epochs=2, evaluate_every=2)
    fit = train(apply(recipe, count=3, finalists=1, repeats=0))
    rates = [trial["lr"] for trial in trials({"lr": Range(1e-4, 1.0)}, 3, seed=0)]
    assert any(fit.history.series["lr"].value[0] == pytest.approx(rate) for rate in rates)


def plain(params, lr):
    """Return SGD without its further settings."""
    return torch.optim.SGD(params, lr=lr)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: halton(0, 2), "count must be at least 1. Got 0."),
        (lambda: halton(2, 0), "dimensions must be at least 1. Got 0."),
        (lambda: radical_inverse(-1, 2), "i must be at least 0. Got -1."),
        (lambda: radical_inverse(1, 1), "base must be at least 2. Got 1."),
        (lambda: Range(0.1, 1.0, "sqrt").at(0), "scale must be log or linear. Got sqrt."),
        (
            lambda: Range(0.0, 1.0).at(0),
            "low and high must be rising, and above 0 on a log scale. Got 0.0, 1.0.",
        ),
        (
            lambda: Range(1.0, 1.0, "linear").at(0),
            "low and high must be rising, and above 0 on a log scale. Got 1.0, 1.0.",
        ),
        (lambda: search(lambda _s, _i: 0.0, []), "tried must hold settings. Got none."),
        (
            lambda: search(lambda _s, _i: 0.0, [{}], finalists=0),
            "finalists must be at least 1. Got 0.",
        ),
        (
            lambda: search(lambda _s, _i: 0.0, [{}], repeats=-1),
            "repeats must be at least 0. Got -1.",
        ),
        (
            lambda: search(lambda _s, _i: math.nan, [{}]),
            "some run must end with a finite score. Got inf.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
