"""Input noise: its distribution, and the penalty that it amounts to."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from scipy import stats

from catalog.lab.data import Split
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few
from catalog.loss.input_noise.experiment import apply
from catalog.loss.input_noise.reference import add_noise


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def test_the_noise_is_normal_and_independent():
    """What is added has the standard deviation asked for, and neighbours know nothing of it."""
    x = torch.full((3000, 2), 1e4, dtype=torch.float64)
    noise = (add_noise(x, 0.7, seeded()) - x).numpy()
    assert stats.kstest(noise.ravel() / 0.7, "norm").pvalue > 0.01
    assert abs(stats.pearsonr(noise[:, 0], noise[:, 1]).statistic) < 0.05
    assert abs(stats.pearsonr(noise[:-1, 0], noise[1:, 0]).statistic) < 0.05


def test_for_a_linear_function_it_is_the_penalty_of_the_formula():
    """The mean squared error with noise is that without, plus σ² times the squared weights."""
    w = torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64)
    x = torch.randn(20, 3, dtype=torch.float64, generator=seeded(1))
    t = torch.randn(20, 1, dtype=torch.float64, generator=seeded(2))
    generator = seeded()
    noisy = torch.stack(
        [(add_noise(x, 0.3, generator) @ w - t).square().mean() for _ in range(2000)]
    ).mean()
    expected = (x @ w - t).square().mean() + 0.3**2 * w.square().sum()
    assert float(noisy) == pytest.approx(float(expected), rel=0.03)


def test_it_is_fresh_each_time():
    """Two calls differ, and the generator alone decides."""
    x = torch.zeros(5, 4)
    generator = seeded()
    first, second = add_noise(x, 1.0, generator), add_noise(x, 1.0, generator)
    assert not torch.equal(first, second)
    assert torch.equal(first, add_noise(x, 1.0, seeded()))


def test_a_deviation_of_zero_changes_nothing():
    """The neutral setting gives the inputs bit by bit; a NaN stays where it was."""
    x = torch.tensor([[1.0, float("nan")], [2.0, 3.0]])
    torch.testing.assert_close(add_noise(x, 0.0), x, rtol=0, atol=0, equal_nan=True)
    assert add_noise(x, 0.1).isnan().tolist() == [[False, True], [False, False]]


@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf")])
def test_a_bad_deviation_is_named(sigma):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="sigma must") as error:
        add_noise(torch.zeros(2), sigma)
    assert str(error.value) == f"sigma must be at least 0 and finite. Got {sigma}."


def test_its_size_follows_the_inputs():
    """The share is one of the spread of the training inputs."""
    (part,) = apply(few(), share=0.5).augmentation
    assert part.settings["sigma"] == pytest.approx(0.5 * few().peek().train.x.numpy().std(), 1e-3)


def whole_numbers(seed):
    """Return digits whose inputs are whole numbers, as words are."""
    data = few().data(seed)
    return dataclasses.replace(data, train=Split((16 * data.train.x).long(), data.train.y))


def test_whole_numbers_are_refused():
    """Noise would make of a word's number that of no word."""
    with pytest.raises(NotApplicable) as refusal:
        apply(few().replace(data=Part(whole_numbers)))
    assert str(refusal.value) == ("it adds noise to real numbers, and the inputs are whole ones.")
