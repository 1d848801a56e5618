"""Every technique's experiment: what it claims, and what applying it does to a recipe."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
import torch
from torch import nn

from catalog.card import find_card
from catalog.lab.data import diabetes
from catalog.lab.measure import experiments_of, has_experiment, module_of
from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import images, rows, short
from catalog.lab.train import train
from catalog.table import slugs

WITH_EXPERIMENT = [slug for slug in slugs() if has_experiment(slug)]
each_technique = pytest.mark.parametrize("slug", WITH_EXPERIMENT)
BRIEF = {"epochs": 2, "evaluate_every": 1}


def regression() -> Recipe:
    """Return a short regression run."""
    return Recipe(
        data=Part(diabetes), model=Part(mlp), optimizer=Part(torch.optim.SGD), lr=0.01, epochs=2
    )


@each_technique
def test_a_reference_stands_beside_an_experiment(slug):
    """What is measured can be used, too."""
    assert (find_card(slug).folder / "reference.py").is_file()


@each_technique
def test_the_first_experiment_decides_what_the_card_claims(slug):
    """A benefit on the card is decided by a claim, and no other benefit is claimed."""
    benefit = find_card(slug).benefit
    expected = {
        "both": {"optimization", "generalization"},
        "neither": {"neither"},
    }.get(benefit, {benefit})
    assert {claim.benefit for claim in experiments_of(slug)[0].claims} == expected


@each_technique
def test_an_experiment_says_what_it_asks(slug):
    """Question, setting and arms are in words, and enough seeds are paired."""
    for experiment in experiments_of(slug):
        assert experiment.question.endswith("?")
        assert experiment.setting
        assert experiment.control_name != experiment.treatment_name
        assert len(experiment.seeds) >= 5
        assert list(experiment.lr_grid) == sorted(set(experiment.lr_grid))


@each_technique
@pytest.mark.parametrize("task", [short, images, rows, regression])
def test_applying_it_gives_another_recipe_or_a_reason(slug, task):
    """A technique changes the recipe, or says in one sentence why it does not fit."""
    apply = importlib.import_module(module_of(slug, "experiment")).apply
    recipe = task()
    try:
        changed, reason = apply(recipe), ""
    except NotApplicable as refusal:
        changed, reason = None, str(refusal)
    assert reason.endswith(".") if changed is None else isinstance(changed, Recipe)
    assert changed != recipe


@pytest.mark.slow
@each_technique
@pytest.mark.parametrize("task", [short, images, rows, regression])
def test_what_it_gives_can_be_trained(slug, task):
    """A recipe with the technique runs, and gives finite losses."""
    apply = importlib.import_module(module_of(slug, "experiment")).apply
    try:
        fit = train(apply(task()).replace(**BRIEF))
    except NotApplicable:
        return
    assert isinstance(fit.model, nn.Module)
    assert all(torch.isfinite(torch.tensor(list(fit.results().values()))))


def test_importing_everything_changes_nothing():
    """No technique draws numbers, prints, or changes torch's defaults when it is imported."""
    names = [
        module_of(slug, part)
        for slug in slugs()
        for part in ("reference", "experiment")
        if (find_card(slug).folder / f"{part}.py").is_file()
    ]
    script = f"""
import importlib, torch
before = torch.get_rng_state(), torch.get_default_dtype(), torch.get_num_threads()
for name in {names!r}:
    importlib.import_module(name)
after = torch.get_rng_state(), torch.get_default_dtype(), torch.get_num_threads()
assert torch.equal(before[0], after[0]) and before[1:] == after[1:]
assert torch.is_grad_enabled()
import sys
assert not any(name.split(".")[0] == "diagnose" for name in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
