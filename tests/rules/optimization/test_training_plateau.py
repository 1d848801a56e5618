"""OPT204 training-plateau."""

from __future__ import annotations

import numpy as np
import pytest

from diagnose.rules.optimization.training_plateau import RULE


def flat_at(level: float) -> np.ndarray:
    """Fall from 2 to `level` in the first half and stay there."""
    return np.concatenate([np.linspace(2, level, 25), np.full(25, level)])


def test_a_flat_end_at_an_unknown_level_is_told(facts):
    """A plateau is a note, not a verdict."""
    finding = RULE.check(facts(train_loss=flat_at(1.2)))
    assert (finding.state, finding.severity) == ("found", "note")
    assert finding.value("end_loss") == 1.2


@pytest.mark.parametrize(
    "references",
    [{"linear_train": 1.3}, {"constant": 30.0}, {"classes": 10, "label_smoothing": 0.1}],
)
def test_a_plateau_at_a_level_known_to_be_low_is_clear(facts, references):
    """Look-alike: the loss is flat because there is nothing left to learn."""
    level = 0.51 if "label_smoothing" in references else 1.2
    curve = np.concatenate([np.linspace(2.302, level, 25), np.full(25, level)])
    assert RULE.check(facts(train_loss=curve, references=references)).state == "clear"


def test_a_moving_end_is_clear(facts):
    """A loss that still falls is on no plateau."""
    assert RULE.check(facts(train_loss=np.linspace(2, 1, 50))).state == "clear"


def test_a_short_log_is_not_checked(facts):
    """Nine points show no plateau."""
    assert RULE.check(facts(train_loss=[1.0] * 9)).state == "not_checked"
