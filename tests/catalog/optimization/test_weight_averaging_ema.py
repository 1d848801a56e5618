"""The moving average of weights, against torch's own."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.lab.train import Callback, train
from catalog.optimization.weight_averaging_ema.experiment import apply
from catalog.optimization.weight_averaging_ema.reference import EMA, move_towards


def network():
    """Return a network with weights, running statistics and a counter."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 2)).double()


def disturbed(model, seed):
    """Change a network's weights and statistics, as a step does."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=generator, dtype=p.dtype))
    model(torch.randn(8, 4, generator=generator, dtype=torch.float64))


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999, 1.0])
def test_it_is_torch_s_average(decay):
    """After sixty steps all weights and running statistics are those of `AveragedModel`."""
    model = network()
    ours = EMA(model, decay)
    theirs = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    theirs.update_parameters(model)  # its first update copies, as our start does
    for seed in range(60):
        disturbed(model, seed)
        ours.update(model)
        theirs.update_parameters(model)
    expected = theirs.module.state_dict()
    for name, value in ours.average.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-12)


def test_weights_that_are_used_twice_are_averaged_once():
    """A tied layer follows as fast as any other: 0.9 and 0.1 of one step, not of two."""
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    ema = EMA(model, 0.9)
    before = model[0].weight.detach().clone()
    with torch.no_grad():
        model[0].weight += 1
    ema.update(model)
    torch.testing.assert_close(ema.average[0].weight, before + 0.1)
    assert ema.average[1].weight is ema.average[0].weight


def test_a_mask_of_infinities_stays():
    """There is no way between two infinities, and none has to be gone."""
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.tensor([0.0, float("-inf")]))
    ema = EMA(model, 0.9)
    ema.update(model)
    assert torch.equal(ema.average.mask, model.mask)


def test_counters_are_copied():
    """A number of batches is no weight to be averaged."""
    model = network()
    ema = EMA(model, 0.9)
    disturbed(model, 0)
    disturbed(model, 1)
    ema.update(model)
    assert int(ema.average[1].num_batches_tracked) == 2


def test_the_trained_network_is_left_alone():
    """Averaging reads the weights and never writes them, and it shares no storage."""
    model = network()
    before = copy.deepcopy(model.state_dict())
    ema = EMA(model, 0.3)
    ema.update(model)
    with torch.no_grad():
        ema.average[0].weight.zero_()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.requires_grad for p in model.parameters())


def test_no_way_and_the_whole_way():
    """A share of 0 changes nothing, a share of 1 copies."""
    average, model = network(), network()
    disturbed(model, 3)
    start = average[0].weight.clone()
    move_towards(average, model, 0.0)
    assert torch.equal(average[0].weight, start)
    move_towards(average, model, 1.0)
    assert torch.equal(average[0].weight, model[0].weight)


@pytest.mark.parametrize("decay", [-0.1, 1.1, float("nan")])
def test_a_bad_decay_is_named(decay):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="decay must be") as error:
        EMA(network(), decay)
    assert str(error.value) == f"decay must be from 0 to 1. Got {decay}."


class Keep(Callback):
    """Keeps the weights of each step."""

    seen: list = []  # noqa: RUF012 - the test reads it when the run is over

    def on_start(self, loop):
        """Keep the start."""
        self.seen[:] = [copy.deepcopy(loop.model[-1].bias.detach())]

    def after_step(self, loop):
        """Keep a step."""
        self.seen.append(loop.model[-1].bias.detach().clone())


def test_the_result_of_a_run_is_the_average_of_its_weights():
    """With a window of a tenth of 20 steps, each new set of weights counts one half."""
    fit = train(apply(short(20)).plus(callbacks=Part(Keep)))
    expected = Keep.seen[0]
    for bias in Keep.seen[1:]:
        expected = (expected + bias) / 2
    torch.testing.assert_close(fit.model[-1].bias.detach(), expected)


def test_training_itself_is_not_changed():
    """The logged losses are those of the run without it."""
    plain, averaged = train(short(20)), train(apply(short(20)))
    logged = averaged.history.series["loss"].value
    assert (logged == plain.history.series["loss"].value).all()
    assert averaged.final["val_loss"] != plain.final["val_loss"]
