"""Learning-rate warm-up, against torch's `LinearLR`."""

from __future__ import annotations

import pytest
from torch.optim import lr_scheduler

from catalog.lab.recipe import Part
from catalog.lab.tasks import short
from catalog.lab.train import train
from catalog.optimization.cosine_schedule.reference import cosine
from catalog.optimization.learning_rate_warm_up.experiment import apply
from catalog.optimization.learning_rate_warm_up.reference import linear_warm_up


@pytest.mark.parametrize("start_factor", [1 / 3, 0.01, 1.0])
@pytest.mark.parametrize("share", [0.05, 0.5, 1.0])
def test_it_is_torch_s_schedule(torch_rates, start_factor, share):
    """The rates are those of `LinearLR`, during the rise and after it."""
    rates = torch_rates(
        lambda optimizer: lr_scheduler.LinearLR(
            optimizer, start_factor=start_factor, total_iters=round(share * 80)
        ),
        100,
    )
    ours = [linear_warm_up(step, 80, share, start_factor) for step in range(100)]
    assert ours == pytest.approx(rates, abs=1e-12)


@pytest.mark.parametrize("settings", [{"share": 0.0}, {"start_factor": 1.0}])
def test_no_rise_is_a_constant_rate(settings):
    """Both neutral settings give the factor 1 on every step, the first included."""
    assert [linear_warm_up(step, 5, **settings) for step in range(7)] == [1.0] * 7


def test_it_goes_before_the_schedule_that_is_there():
    """The old schedule runs over what the warm-up leaves of the run."""
    recipe = apply(short().replace(schedule=Part(cosine)), share=0.2, start_factor=0.5)
    rates = train(recipe).history.series["lr"].value / recipe.lr
    expected = [0.5 + 0.5 * t / 20 for t in range(20)] + [cosine(t, 80) for t in range(80)]
    assert list(rates) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"share": -0.1}, "share must be from 0 to 1. Got -0.1."),
        ({"share": 1.1}, "share must be from 0 to 1. Got 1.1."),
        ({"start_factor": float("nan")}, "start_factor must be from 0 to 1. Got nan."),
        ({"start_factor": 2.0}, "start_factor must be from 0 to 1. Got 2.0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        linear_warm_up(0, 10, **settings)
    assert str(error.value) == message
