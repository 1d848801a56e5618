"""Stochastic weight averaging, against torch's own."""

from __future__ import annotations

from typing import ClassVar

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

from catalog.lab.models import mlp
from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.lab.train import Callback, train
from catalog.optimization.stochastic_weight_averaging.experiment import apply, with_tail
from catalog.optimization.stochastic_weight_averaging.reference import SWA, update_batch_norm

X = torch.randn(40, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) * 3 + 5


def network():
    """Return a network with batch normalization and dropout."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.0), nn.Linear(6, 6), nn.BatchNorm1d(6)
    ).double()


def test_the_mean_is_torch_s():
    """Sixty sets of weights have the mean of `AveragedModel`; the start is in neither."""
    model = network()
    ours = SWA(model)
    theirs = AveragedModel(model)
    for seed in range(60):
        torch.manual_seed(seed)
        with torch.no_grad():
            for p in model.parameters():
                p.add_(torch.randn_like(p))
        ours.update(model)
        theirs.update_parameters(model)
    assert ours.count == 60
    for p, expected in zip(ours.average.parameters(), theirs.module.parameters(), strict=True):
        torch.testing.assert_close(p, expected, rtol=0, atol=1e-12)


def test_before_the_first_update_the_average_is_a_copy():
    """The weights seen at the start share no storage with it, and count for nothing."""
    model = network()
    swa = SWA(model)
    assert swa.count == 0
    with torch.no_grad():
        model[0].weight.zero_()
    assert swa.average[0].weight.any()
    swa.update(model)
    assert torch.equal(swa.average[0].weight, model[0].weight)


def test_the_statistics_are_torch_s():
    """Over equal batches the new running mean and variance are those of `update_bn`."""
    ours, theirs = network(), network()
    update_batch_norm(ours, X.split(10))
    update_bn(X.split(10), theirs)
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(value, theirs.state_dict()[name])


def test_batches_count_by_their_examples():
    """Over unequal batches the mean of a layer's inputs is that of all examples."""
    model = network()
    update_batch_norm(model, X.split([25, 10, 5]))
    torch.testing.assert_close(model[1].running_mean, model[0](X).mean(0).detach())


def test_everything_else_is_left_as_it_was():
    """Weights, modes and momenta; a network without batch normalization is not even run."""
    model = network().eval()
    model[1].momentum = 0.3
    weights = [p.clone() for p in model.parameters()]
    update_batch_norm(model, X.split(10))
    assert model[1].momentum == 0.3
    assert not any(m.training for m in model.modules())
    assert all(torch.equal(p, old) for p, old in zip(model.parameters(), weights, strict=True))
    update_batch_norm(nn.Sequential(nn.Linear(99, 1)), X.split(10))


@pytest.mark.parametrize(("step", "factor"), [(0, 1.0), (74, 1.0), (75, 0.5), (99, 0.5)])
def test_the_tail_has_a_constant_rate(step, factor):
    """From three quarters of the run on the rate is half of its peak."""
    assert with_tail(step, 100, start=0.75, tail=0.5, before=None) == factor


def half(step, total_steps):
    """Return a schedule to come before the tail."""
    return 0.5 + step / total_steps


def test_the_recipe_s_own_schedule_comes_before_the_tail():
    """It is asked up to the start and no longer."""
    assert with_tail(25, 100, start=0.5, tail=0.1, before=Part(half)) == 0.75
    assert with_tail(50, 100, start=0.5, tail=0.1, before=Part(half)) == 0.1


def test_the_result_has_the_statistics_of_its_own_weights():
    """The running mean of the first layer's outputs is their mean over the training set."""
    recipe = short(40).replace(model=Part(mlp, norm=Part(nn.BatchNorm1d), widths=(8,)))
    fit = train(apply(recipe))
    flat, hidden = fit.model[0], fit.model[1]
    inputs = hidden[0](flat(fit.data.train.x))
    torch.testing.assert_close(hidden[1].running_mean, inputs.mean(0).detach())


class Keep(Callback):
    """Keeps the last layer's bias at the end of each epoch."""

    seen: ClassVar[list[torch.Tensor]] = []

    def after_step(self, loop):
        """Keep it."""
        if loop.step % loop.steps_per_epoch == 0:
            self.seen.append(loop.model[-1].bias.detach().clone())


def test_the_result_is_the_mean_over_the_epochs_of_the_tail():
    """Of four epochs and a start at half, the last two count, and count the same."""
    Keep.seen.clear()
    fit = train(apply(short(40), start=0.5).plus(callbacks=Part(Keep)))
    expected = (Keep.seen[2] + Keep.seen[3]) / 2
    torch.testing.assert_close(fit.model[-1].bias.detach(), expected)


def test_a_tail_that_never_comes_keeps_the_weights():
    """With a start at the end of the run, the result is the trained network."""
    plain, averaged = train(short(20)), train(apply(short(20), start=1.0))
    assert averaged.final == plain.final
