"""Experiments on arms whose outcome is known."""

from __future__ import annotations

import pytest
import torch

from catalog.lab.data import Data, Split
from catalog.lab.experiment import (
    HIGHER_VALIDATION_ACCURACY,
    LOWER_TRAINING_LOSS,
    LOWER_VALIDATION_LOSS,
    TUNING_SEEDS,
    Claim,
    Experiment,
    perform,
)
from catalog.lab.models import linear
from catalog.lab.recipe import Part, Recipe

LOWER_COST = Claim("neither", "cost")


def plain(seed):
    """Return a cost that depends on the seed, and a loss."""
    return {"cost": 10.0 + seed, "val_loss": 1.0 + 0.1 * (seed % 2)}


def cheaper(seed):
    """Return a cost that is lower by two and a little, and the same loss."""
    return {**plain(seed), "cost": 8.0 + seed + 0.01 * (seed % 2)}


def experiment(control=plain, treatment=cheaper, claims=(LOWER_COST,), **more):
    """Return an experiment of two functions."""
    return Experiment(
        question="Is it cheaper?",
        setting="numbers",
        control=control,
        treatment=treatment,
        control_name="plain",
        treatment_name="cheaper",
        claims=claims,
        **more,
    )


def test_functions_are_asked_with_each_seed():
    """The values of both arms are theirs, in the order of the seeds."""
    trial = perform(experiment(seeds=(3, 1, 4)))
    effect = trial.effect("cost")
    assert trial.seeds == (3, 1, 4)
    assert effect.control == (13.0, 11.0, 14.0)
    assert effect.treatment == (11.01, 9.01, 12.0)
    assert effect.difference == pytest.approx(-1.9933333)
    assert effect.low < effect.difference < effect.high < 0
    assert (trial.lr, trial.lr_grid, trial.diverged) == ((), (), (0, 0))


def test_claims_are_decided_and_benefits_that_are_not_claimed_told():
    """The claim comes first; a loss that was measured is decided, too, as not claimed."""
    claimed, told = perform(experiment()).claims
    assert (claimed.benefit, claimed.metric, claimed.claimed) == ("neither", "cost", True)
    assert claimed.verdict == "supported"
    assert (told.benefit, told.metric, told.claimed) == ("generalization", "val_loss", False)
    assert told.verdict == "not measurable at this scale"


def test_a_benefit_that_is_claimed_is_not_told_twice():
    """The claim's own metric decides it, whichever it is."""
    claims = perform(experiment(claims=(LOWER_VALIDATION_LOSS,))).claims
    assert [(c.benefit, c.claimed) for c in claims] == [("generalization", True)]


@pytest.mark.parametrize(
    ("control", "treatment", "lower", "verdict"),
    [
        (plain, cheaper, True, "supported"),
        (cheaper, plain, True, "opposite"),
        (plain, cheaper, False, "opposite"),
        (cheaper, plain, False, "supported"),
        (plain, plain, True, "not measurable at this scale"),
    ],
)
def test_the_verdict_has_the_direction_of_the_claim(control, treatment, lower, verdict):
    """Treatment against control, in the sense that the claim names."""
    asked = experiment(control, treatment, (Claim("neither", "cost", lower),))
    assert perform(asked).claims[0].verdict == verdict


def line(seed):
    """Return points on a line through zero with slope 2, the same for every seed."""
    x = torch.linspace(-1, 1, 8)[:, None]
    split = Split(x, 2 * x)
    return Data("regression", split, split, 1 + 0 * seed)


def at_zero(model, _data, _recipe):
    """Start with weights of zero."""
    for p in model.parameters():
        torch.nn.init.zeros_(p)
    return model


BOWL = Recipe(
    data=Part(line),
    model=Part(linear, bias=False),
    optimizer=Part(torch.optim.SGD),
    lr=1e-3,
    epochs=5,
    start=(Part(at_zero),),
)
# The loss is c (w - 2)² with c the mean square of x, so 1 / (2 c) reaches its least in one step.
MEAN_SQUARE = float(line(0).train.x.pow(2).mean())
NEWTON = 1 / (2 * MEAN_SQUARE)
GRID = (0.1 * NEWTON, 0.5 * NEWTON, NEWTON, 1.9 * NEWTON, 3 * NEWTON)


def half_as_fast(params, lr):
    """Return an optimizer that takes half of the step it is told to."""
    optimizer = torch.optim.SGD(params, lr=lr)
    for group in optimizer.param_groups:
        group["initial_lr"] = lr / 2
    return optimizer


def test_each_arm_gets_the_rate_that_suits_it():
    """Of the grid, the one that reaches the bowl's bottom in one step; the two arms differ."""
    slow = BOWL.replace(optimizer=Part(half_as_fast))
    grid = (0.5 * NEWTON, NEWTON, 2 * NEWTON)
    trial = perform(experiment(BOWL, slow, (LOWER_TRAINING_LOSS,), lr_grid=grid, seeds=(0, 1)))
    assert trial.lr == (NEWTON, 2 * NEWTON)
    assert trial.lr_grid == grid
    assert max(trial.effect("clean_train_loss").control) < 1e-10


def test_the_rate_is_chosen_by_the_first_claim_s_metric_and_direction():
    """Asked for the highest loss, it takes the rate that diverges, and says so."""
    highest = Claim("neither", "clean_train_loss", lower_is_better=False)
    trial = perform(experiment(BOWL, BOWL, (highest,), lr_grid=GRID, seeds=(0, 1)))
    assert trial.lr == (GRID[-1], GRID[-1])
    assert trial.diverged == (2, 2)


def test_a_diverged_run_counts_as_the_constant_prediction():
    """Its loss is that of the mean target, which is zero here, and not what it exploded to."""
    diverging = BOWL.replace(lr=3 * NEWTON)
    trial = perform(experiment(diverging, BOWL, (LOWER_TRAINING_LOSS,), seeds=(0, 1, 2)))
    constant = 4 * MEAN_SQUARE
    assert trial.diverged == (3, 0)
    assert trial.effect("clean_train_loss").control == pytest.approx((constant,) * 3)


def final_weight(fit):
    """Return the weight that was learnt."""
    return {"weight": float(fit.model[1].weight.detach())}


def test_further_metrics_are_measured_of_the_run():
    """They come beside the losses, and a claim may be about them."""
    claim = Claim("neither", "weight", lower_is_better=False)
    faster = BOWL.replace(lr=NEWTON)
    asked = experiment(BOWL, faster, (claim,), metrics=final_weight, seeds=(0, 1, 2))
    trial = perform(asked)
    assert trial.effect("weight").treatment == pytest.approx((2.0,) * 3)
    assert trial.claims[0].verdict == "supported"


@pytest.mark.parametrize("lr_grid", [(), (0.1, 0.2, 0.3)])
def test_the_runs_are_counted(lr_grid):
    """Progress is told as often as `run_count` says."""
    asked = experiment(BOWL, BOWL, (LOWER_TRAINING_LOSS,), lr_grid=lr_grid, seeds=(0, 1, 2))
    told = []
    perform(asked, lambda: told.append(1))
    assert len(told) == asked.run_count == 2 * (len(lr_grid) * len(TUNING_SEEDS) + 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"claims": ()}, "an experiment decides at least one claim."),
        (
            {"seeds": (0, TUNING_SEEDS[0])},
            f"the seeds {TUNING_SEEDS} tune and are not compared.",
        ),
        ({"lr_grid": (0.1, 1.0)}, "a learning rate is tuned for recipes only."),
    ],
)
def test_what_would_waste_a_night_is_refused(settings, message):
    """When the experiment is written down, not when it has run."""
    with pytest.raises(ValueError, match=r"\.$") as error:
        experiment(**settings)
    assert str(error.value) == message


def test_the_usual_claims_point_the_right_way():
    """Losses should fall and the accuracy should rise."""
    assert Claim("optimization", "clean_train_loss", True) == LOWER_TRAINING_LOSS
    assert Claim("generalization", "val_loss", True) == LOWER_VALIDATION_LOSS
    assert Claim("generalization", "val_accuracy", False) == HIGHER_VALIDATION_ACCURACY
