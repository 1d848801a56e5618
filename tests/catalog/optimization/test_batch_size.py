"""Batch size, against torch's samplers and against gradients whose noise is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils.data import BatchSampler, RandomSampler

from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import few, jittery
from catalog.lab.train import Loop
from catalog.optimization.batch_size.experiment import apply
from catalog.optimization.batch_size.reference import (
    batches,
    noise_scale,
    scaled_rate,
    step_gain,
)


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("batch_size", [1, 3, 10, 11])
def test_the_batches_are_those_of_a_data_loader(batch_size, drop_last):
    """With the same generator the indices are those that torch's samplers give."""
    sampler = RandomSampler(range(10), generator=torch.Generator().manual_seed(4))
    expected = list(BatchSampler(sampler, batch_size, drop_last))
    found = batches(10, batch_size, torch.Generator().manual_seed(4), drop_last)
    assert [batch.tolist() for batch in found] == expected


def test_the_noise_of_a_population_is_recovered():
    """From means over batches of two sizes it finds the |G|² and tr(Σ) that were put in."""
    generator = torch.Generator().manual_seed(1)
    mean = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    spread = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64)

    def norm2(size: int) -> float:
        draws = torch.randn(20_000, size, 3, generator=generator, dtype=torch.float64)
        return float((mean + spread * draws).mean(1).pow(2).sum(1).mean())

    found = noise_scale(2, 16, norm2(2), norm2(16))
    assert found.signal == pytest.approx(5.25, rel=0.02)
    assert found.noise == pytest.approx(14.0, rel=0.02)
    assert found.scale == pytest.approx(14.0 / 5.25, rel=0.03)


def test_no_noise_and_no_signal_are_both_told():
    """Equal norms mean no noise; norms in proportion to 1/B mean noise alone."""
    assert noise_scale(4, 8, 3.0, 3.0) == (3.0, 0.0, 0.0)
    alone = noise_scale(4, 8, 2.0, 1.0)
    assert alone.signal == 0.0
    assert alone.noise == pytest.approx(8.0)
    assert alone.scale == math.inf


def test_the_gain_of_a_step_is_that_of_a_quadratic():
    """It is the best decrease by a noisy gradient over the best by an exact one, found by search.

    On L = h|x|²/2 a step of rate r changes the loss by -r|G|² + r²h(|G|² + tr(Σ)/B)/2.
    """
    signal, noise, curvature, batch = 3.0, 12.0, 0.7, 8
    rates = torch.linspace(0, 3, 300_001, dtype=torch.float64)

    def best(extra: float) -> float:
        return float((rates * signal - rates**2 * curvature * (signal + extra) / 2).max())

    assert step_gain(batch, noise / signal) == pytest.approx(best(noise / batch) / best(0.0))


@pytest.mark.parametrize(("rule", "expected"), [("linear", 0.8), ("sqrt", 0.2 * 2)])
def test_the_rate_goes_with_the_batch(rule, expected):
    """A batch four times as large takes four times, or twice, the rate; the same batch the same."""
    assert scaled_rate(0.2, 32, 128, rule) == pytest.approx(expected)
    assert scaled_rate(0.2, 32, 32, rule) == 0.2


@pytest.mark.parametrize("factor", [2, 8, 40, 1000])
def test_a_run_keeps_its_number_of_steps(factor):
    """Larger batches, up to the whole training set, take as many steps as before."""
    before, after = Loop(jittery(), "cpu"), Loop(apply(jittery(), factor=factor), "cpu")
    assert after.batch_size == min(8 * factor, 320)
    assert after.total_steps == before.total_steps


def test_a_full_batch_is_left():
    """There is no larger one."""
    with pytest.raises(NotApplicable, match="whole training set"):
        apply(few())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: list(batches(3, 0, torch.Generator())),
            "batch_size must be at least 1. Got 0.",
        ),
        (lambda: noise_scale(4, 4, 1.0, 1.0), "small and big must be rising, from 1. Got 4, 4."),
        (lambda: noise_scale(0, 4, 1.0, 1.0), "small and big must be rising, from 1. Got 0, 4."),
        (lambda: step_gain(0, 1.0), "batch_size must be above 0. Got 0."),
        (lambda: step_gain(1, -1.0), "scale must be at least 0. Got -1.0."),
        (lambda: scaled_rate(0.1, 0, 4), "before and after must be at least 1. Got 0, 4."),
        (lambda: scaled_rate(0.1, 1, 4, "cubic"), "rule must be linear or sqrt. Got cubic."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
