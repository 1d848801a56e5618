"""LOG102 uninformative-validation."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.logging.uninformative_validation import RULE


@pytest.mark.parametrize(("noise", "state"), [(0.6, "found"), (0.05, "clear")])
def test_noise_beside_the_fall_decides(facts, noise, state):
    """A validation loss that falls by one is drowned in a noise of 0.6, not of 0.05."""
    rng = np.random.default_rng(0)
    train = np.linspace(2, 1, 80)
    finding = RULE.check(facts(train_loss=train, val_loss=train + noise * rng.standard_normal(80)))
    assert finding.state == state
    assert finding.value("noise") == pytest.approx(noise, rel=0.4)


def test_few_points_are_not_checked(facts):
    """Nine points do not show their noise."""
    curve = np.linspace(2, 1, 9)
    assert RULE.check(facts(train_loss=curve, val_loss=curve)).state == "not_checked"
