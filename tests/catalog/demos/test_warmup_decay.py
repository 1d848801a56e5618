"""The runs with schedules, against plain numpy and the noise floor in closed form."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from catalog.demos import warmup_decay as demo


def plain(factors: np.ndarray, lr: float, rim: float = 1.0) -> float:
    """Return the mean loss at the end, step by step in numpy on the same noise."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn((300, 200), generator=generator, dtype=torch.float64).numpy()
    x = np.full(200, 8.0)
    for factor, drawn in zip(factors, noise, strict=True):
        x = x - lr * factor * (x + rim * x**3 + drawn)
    return float(np.mean(0.5 * x**2 + 0.25 * rim * x**4))


STEP = np.arange(300)
FACTORS = {
    "constant": np.ones(300),
    "rise": np.where(STEP < 30, 0.01 + 0.99 * STEP / 30, 1.0),
    "fall": 1 - STEP / 300,
    "rise and fall": np.where(STEP < 30, STEP / 30, 1 - (STEP - 30) / 270),
}


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize(("lr", "rim"), [(0.003, 1.0), (0.03, 1.0), (0.3, 0.0)])
def test_a_run_ends_where_plain_numpy_does(name, lr, rim):
    """The schedules are what the picture says, and the same noise is met by all."""
    found = demo.run(demo.SCHEDULES[name], lr, rim)
    assert found[0] == pytest.approx(0.5 * 64 + 0.25 * rim * 4096)
    assert found[-1] == pytest.approx(plain(FACTORS[name], lr, rim), rel=1e-6)


def test_a_constant_rate_diverges_where_one_that_rises_does_not():
    """0.3 is far above 2 / 193, the limit at the start, and below 2 / 1, that at the optimum."""
    assert np.isinf(demo.run(demo.SCHEDULES["constant"], 0.3)[-1])
    assert demo.run(demo.SCHEDULES["rise"], 0.3)[-1] == pytest.approx(
        plain(FACTORS["rise"], 0.3), rel=1e-6
    )


def test_a_constant_rate_keeps_the_noise_of_its_steps():
    """Without a rim the loss settles at lr / (2 (2 - lr)), the variance of the walk halved."""
    tail = demo.run(demo.SCHEDULES["constant"], 0.3, rim=0.0)[100:]
    assert tail.mean() == pytest.approx(0.3 / (2 * (2 - 0.3)), rel=0.02)
    assert demo.run(demo.SCHEDULES["fall"], 0.3, rim=0.0)[-1] < tail.mean() / 5


def test_a_small_rate_only_loses_by_a_schedule():
    """Where no noise is left to quiet and nothing diverges, the constant rate is best."""
    ends = {name: plain(factors, 0.003) for name, factors in FACTORS.items()}
    assert min(ends, key=ends.__getitem__) == "constant"
    assert ends["rise"] < 1.5 * ends["constant"] < ends["fall"]


def test_the_curvature_is_the_second_derivative():
    """Differences of the valley agree."""
    x = torch.tensor([8.0, 0.0], dtype=torch.float64)
    quotient = (demo.valley(x + 1e-3) - 2 * demo.valley(x) + demo.valley(x - 1e-3)) / 1e-6
    np.testing.assert_allclose(quotient, [demo.curvature(8.0), demo.curvature(0.0)], rtol=1e-4)


def test_the_picture_shows_the_valley_without_a_rim():
    """The last panel's lines end where plain numpy does in a bowl of the same curvature."""
    axes = Figure().subplots()
    demo.perform().panels[-1](axes)
    assert axes.get_title() == "The condition: no steep rim. Peak rate 0.3"
    ends = {line.get_label(): line.get_ydata()[-1] for line in axes.lines}
    assert ends == {
        name: pytest.approx(plain(factors, 0.3, rim=0.0)) for name, factors in FACTORS.items()
    }


def test_no_sentence_goes_from_a_number_to_the_same():
    """What the rise does not change is told as that."""
    text = " ".join(demo.perform().conclusions)
    assert "without a steep rim the rate 0.3 ends at 0.084 with the rise as without it." in text
    assert not re.search(r"from (\S+) to \1\b", text)
