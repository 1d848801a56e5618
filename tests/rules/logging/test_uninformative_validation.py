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


@pytest.mark.parametrize(("noise", "state"), [(0.4, "found"), (0.1, "clear")])
def test_noise_beside_the_gap_that_matters_decides(facts, noise, state):
    """A loss that fell by two may still end too vaguely to tell a gap of a tenth of it."""
    rng = np.random.default_rng(1)
    train = 0.02 + 2.2 * np.exp(-np.arange(60) / 4)
    val = train + 0.3 + noise * rng.standard_normal(60)
    finding = RULE.check(facts(train_loss=train, val_loss=val, references={"classes": 10}))
    assert finding.state == state
