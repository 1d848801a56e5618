"""LOG103 inverted-gap."""

from __future__ import annotations

import numpy as np

from diagnose.rules.logging.inverted_gap import RULE

FALL = 0.2 + 2 * np.exp(-np.arange(60) / 8)


def test_a_validation_loss_below_is_found(facts):
    """Dropout lifts the logged training loss by a constant."""
    finding = RULE.check(facts(train_loss=FALL + 0.3, val_loss=FALL))
    assert finding.state == "found"
    assert abs(finding.value("distance") - 0.3) < 0.01


def test_the_half_epoch_lag_is_no_inverted_gap(facts):
    """Look-alike: epoch means lie above the loss at the epoch's end while it falls."""
    means = 0.2 + 2 * np.array(
        [np.exp(-(np.linspace(e - 1, e, 50)) / 4).mean() for e in range(1, 16)]
    )
    ends = 0.2 + 2 * np.exp(-np.arange(1, 16) / 4)
    assert (ends < means).all()
    assert RULE.check(facts(train_loss=means, val_loss=ends)).state == "clear"


def test_a_hair_below_is_clear(facts):
    """A difference within the noise means nothing."""
    assert RULE.check(facts(train_loss=FALL + 0.001, val_loss=FALL)).state == "clear"


def test_a_gap_the_usual_way_is_clear(facts):
    """A validation loss above the training loss is not inverted."""
    assert RULE.check(facts(train_loss=FALL, val_loss=FALL + 0.3)).state == "clear"
