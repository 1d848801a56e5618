"""Stochastic depth: what is dropped, how often, and what is left."""

from __future__ import annotations

import pytest
import torch

from catalog.architecture.stochastic_depth.experiment import UNNORMALIZED, apply
from catalog.architecture.stochastic_depth.reference import (
    DropPath,
    drop_path,
    drop_probabilities,
)
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import short


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_a_row_is_dropped_whole_or_scaled(p):
    """Each example is zero or F / (1 - p), and about the share p of them is zero."""
    torch.manual_seed(0)
    branch = torch.rand(4000, 3, 2) + 0.5
    out = drop_path(branch, p)
    dropped = (out == 0).flatten(1).all(1)
    torch.testing.assert_close(out[~dropped], branch[~dropped] / (1 - p))
    assert abs(float(dropped.double().mean()) - p) < 4 * (p * (1 - p) / 4000) ** 0.5


def test_a_batch_is_dropped_whole_or_scaled():
    """In this mode all examples share their fate, which differs from call to call."""
    torch.manual_seed(0)
    branch = torch.rand(5, 3) + 0.5
    outs = torch.stack([drop_path(branch, 0.3, mode="batch") for _ in range(1000)])
    dropped = (outs == 0).flatten(1).all(1)
    torch.testing.assert_close(outs[~dropped], (branch / 0.7).expand_as(outs[~dropped]))
    assert abs(float(dropped.double().mean()) - 0.3) < 0.06


def test_the_gradient_goes_where_the_output_does():
    """A dropped row passes none, a kept one 1 / (1 - p)."""
    torch.manual_seed(0)
    branch = torch.ones(50, 2, requires_grad=True)
    out = drop_path(branch, 0.5)
    out.sum().backward()
    assert set(branch.grad.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(branch.grad, out.detach())


@pytest.mark.parametrize("mode", ["row", "batch"])
def test_neutral_settings_change_nothing(mode):
    """Evaluation and p = 0 leave the branch, and draw nothing."""
    branch = torch.rand(5, 3)
    before = torch.get_rng_state()
    assert torch.equal(DropPath(0.7, mode).eval()(branch), branch)
    assert torch.equal(DropPath(0.0, mode)(branch), branch)
    assert torch.equal(torch.get_rng_state(), before)


def test_dropping_always_gives_zeros():
    """The end of the range is not NaN, in value or gradient."""
    branch = torch.rand(5, 3, requires_grad=True)
    out = drop_path(branch, 1.0)
    out.sum().backward()
    assert torch.equal(out, torch.zeros(5, 3))
    assert torch.equal(branch.grad, torch.zeros(5, 3))


def test_what_is_dropped_is_gone():
    """A branch that gives NaN does no harm where it is dropped."""
    assert torch.equal(drop_path(torch.full((4, 2), float("nan")), 1.0), torch.zeros(4, 2))


def test_probabilities_rise_in_a_line():
    """The first block is rarely dropped, the last with the probability given."""
    assert drop_probabilities(4, 0.5) == [0.125, 0.25, 0.375, 0.5]
    assert drop_probabilities(0, 0.5) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DropPath(1.5), "p must be from 0 to 1. Got 1.5."),
        (lambda: DropPath(float("nan")), "p must be from 0 to 1. Got nan."),
        (lambda: DropPath(0.5, "column"), "mode must be 'row' or 'batch'. Got 'column'."),
        (lambda: drop_path(torch.zeros(1), -0.1), "p must be from 0 to 1. Got -0.1."),
        (lambda: drop_probabilities(3, 2.0), "last must be from 0 to 1. Got 2.0."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message


def test_every_branch_of_a_network_is_dropped():
    """All of the branches at p = 1 leave the skips alone, in training; evaluation has them."""
    recipe, data = UNNORMALIZED, UNNORMALIZED.peek()
    model = untrained(recipe)
    plain = model(data.val.x)
    for part in apply(recipe, p=0.5).start:
        model = part(model, data, recipe)
    paths = [module for module in model.modules() if isinstance(module, DropPath)]
    assert [path.p for path in paths] == drop_probabilities(12, 0.5)
    torch.testing.assert_close(model.eval()(data.val.x), plain)
    for path in paths:
        path.p = 1.0
    skipped = model[-1](data.val.x.flatten(1))
    torch.testing.assert_close(model.train()(data.val.x), skipped)


def test_a_plain_network_is_left():
    """It has nothing that could be skipped."""
    with pytest.raises(NotApplicable) as error:
        apply(short())
    assert str(error.value) == "it drops residual branches, and the network has none."
