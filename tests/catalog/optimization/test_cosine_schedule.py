"""The cosine schedule, against torch's `CosineAnnealingLR`."""

from __future__ import annotations

import pytest
from torch.optim import lr_scheduler

from catalog.optimization.cosine_schedule.reference import cosine


@pytest.mark.parametrize("end_factor", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("length", [0.25, 0.5, 1.0, 4.0])
def test_it_is_torch_s_schedule(torch_rates, end_factor, length):
    """The rates are torch's, also where `T_max` is another number of steps than the run has."""
    rates = torch_rates(
        lambda optimizer: lr_scheduler.CosineAnnealingLR(
            optimizer, T_max=round(length * 40), eta_min=end_factor
        ),
        60,
    )
    ours = [cosine(step, 40, end_factor, length) for step in range(60)]
    assert ours == pytest.approx(rates, abs=1e-9)


def test_no_fall_is_a_constant_rate():
    """With the end as high as the peak nothing changes."""
    assert [cosine(step, 5, end_factor=1.0) for step in range(6)] == [1.0] * 6


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"end_factor": -0.1}, "end_factor must be from 0 to 1. Got -0.1."),
        ({"end_factor": 1.1}, "end_factor must be from 0 to 1. Got 1.1."),
        ({"length": 0.0}, "length must be above 0. Got 0.0."),
        ({"length": float("nan")}, "length must be above 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        cosine(0, 10, **settings)
    assert str(error.value) == message
