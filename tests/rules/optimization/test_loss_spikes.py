"""OPT103 loss-spikes."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.optimization.loss_spikes import RULE


def noisy_fall(n: int = 400, noise: float = 0.01) -> np.ndarray:
    """Fall from 3 towards 1 with Gaussian noise."""
    rng = np.random.default_rng(0)
    return 1 + 2 * np.exp(-np.arange(n) / 60) + noise * rng.standard_normal(n)


@pytest.mark.parametrize("at", [50, 211, 399])
def test_a_spike_is_found_at_its_step(facts, at):
    """A single point far above its neighbours is found where it stands."""
    curve = noisy_fall()
    curve[at - 1] += 1.5
    finding = RULE.check(facts(train_loss=curve))
    assert finding.state == "found"
    assert finding.severity == "warning"
    assert finding.steps == (float(at),)


def test_a_burst_counts_once(facts):
    """Three neighbouring high points are one spike."""
    curve = noisy_fall()
    curve[200:203] += 2.0
    finding = RULE.check(facts(train_loss=curve))
    assert finding.value("spikes") == 1


def test_noise_and_the_first_fall_are_no_spikes(facts):
    """Look-alike: plain noise, and the steep first steps."""
    assert RULE.check(facts(train_loss=noisy_fall(noise=0.1))).state == "clear"


def test_a_step_up_for_good_is_no_spike(facts):
    """Look-alike: a change of level is one jump, not a point that stands out."""
    curve = noisy_fall()
    curve[200:] += 1.0
    finding = RULE.check(facts(train_loss=curve))
    assert finding.value("spikes") <= 1


def test_few_points_are_not_checked(facts):
    """Epoch means hide spikes."""
    assert RULE.check(facts(train_loss=noisy_fall(40))).state == "not_checked"
