"""How fast a loss was falling at its end."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.measures.curve import measure
from diagnose.measures.pace import measure_pace
from diagnose.run import Series


def test_the_pace_is_that_of_the_last_quarter():
    """A loss that stands still and then falls by 0.01 a step: a quarter of 399 steps lowers it."""
    step = np.arange(1.0, 401.0)
    value = np.where(step <= 300, 4.0, 4.0 - 0.01 * (step - 300))
    pace = measure_pace(measure(Series("loss", step, value)))
    assert pace.slope == pytest.approx(-0.01)
    assert pace.gain == pytest.approx(0.01 * 399 / 4)
    assert pace.trend < -10


def test_a_rise_gains_nothing():
    """What rises is not lowered by going on."""
    step = np.arange(1.0, 101.0)
    pace = measure_pace(measure(Series("loss", step, 1 + step / 100)))
    assert pace.gain < 0 < pace.trend
