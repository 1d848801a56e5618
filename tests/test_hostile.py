"""Every rule, the verdict and all renderings on logs that want to break them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnose import diagnose
from diagnose.render.json import to_json
from diagnose.report import Report
from diagnose.rules import RULES
from diagnose.verdict import CAUSES, PROBLEMS

NAN, INF = math.nan, math.inf
HOSTILE = {
    "two_points": {"train_loss": [1.0, 0.5], "val_loss": [1.0, 0.6]},
    "one_step": {"train_loss": [1.0]},
    "all_nan": {"train_loss": [NAN] * 20, "val_loss": [NAN] * 20},
    "one_nan": {"train_loss": [1.0, NAN, *[0.5] * 20], "val_loss": [1.0, NAN, *[0.5] * 20]},
    "all_inf": {"train_loss": [INF] * 20},
    "zeros": {"train_loss": [0.0] * 20, "val_loss": [0.0] * 20},
    "constant": {"train_loss": [0.7] * 20, "val_loss": [0.7] * 20},
    "huge": {"train_loss": [1e308, 1e307, 1e308] * 10, "val_loss": [1e308] * 30},
    "tiny": {"train_loss": [1e-308, 5e-324] * 10, "val_loss": [1e-308] * 20},
    "negative": {"train_loss": np.linspace(-1, -9, 30), "val_loss": np.linspace(-1, 3, 30)},
    "rising": {"train_loss": np.arange(30.0), "val_loss": np.arange(30.0)},
    "val_only": {"val_loss": np.linspace(2, 1, 30)},
    "odd_steps": {
        "train_loss": np.linspace(2, 1, 5), "val_loss": np.linspace(2, 1, 3),
        "steps": [0, 1e-9, 1, 1e9, 1e12], "val_steps": [-5, 0.5, 3e12],
    },
    "zero_lr": {"train_loss": np.linspace(2, 1, 30), "lr": np.zeros(30)},
    "nan_lr": {"train_loss": np.linspace(2, 1, 30), "lr": [NAN] * 30},
    "odd_accuracy": {"train_loss": np.linspace(2, 1, 30), "val_loss": np.linspace(2, 1, 30),
                     "val_accuracy": np.zeros(30), "train_accuracy": np.ones(30)},
}  # fmt: skip


def hold(report: Report) -> None:
    """Check what must hold of any report."""
    assert report.verdict.problem in PROBLEMS
    assert report.verdict.cause is None or report.verdict.cause in CAUSES
    assert (report.verdict.cause is None) == (report.verdict.problem != "underfitting")
    assert (report.verdict.settle_with is not None) or report.verdict.problem != "undetermined"
    assert [f.code for f in report.findings] == [rule.code for rule in RULES]
    assert not any("the rule failed" in f.reason for f in report.findings)
    assert all(f.reason for f in report.not_checked)
    text = str(report)
    assert not any(word in text for word in ("nanx", "nan ", " inf ", "None", "{"))
    assert all(len(line) <= 80 for line in text.splitlines())
    parsed = json.loads(to_json([report]), parse_constant=lambda name: pytest.fail(name))
    assert parsed["schema"] == 1


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("references", [{}, {"classes": 10, "linear_loss": 0.1}])
def test_hostile_logs_get_a_sound_report(name, references):
    """No rule fails, nothing non-finite leaves, and the text is clean."""
    hold(diagnose(**HOSTILE[name], **references))


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64), st.floats(0, 5), st.just(0.0)
)


@given(
    train=st.lists(numbers, min_size=1, max_size=60),
    val=st.lists(numbers, min_size=0, max_size=60),
    linear=st.none() | st.floats(0, 1),
    classes=st.none() | st.integers(3, 1000),
)
@settings(max_examples=120, deadline=None)
def test_any_numbers_get_a_sound_report(train, val, linear, classes):
    """Whatever two arrays hold, the report is sound and its JSON valid."""
    arrays = {"train_loss": train, "steps": range(len(train))}
    if val:
        arrays |= {"val_loss": val, "val_steps": range(len(val))}
    hold(diagnose(**arrays, linear_loss=linear, classes=classes))
