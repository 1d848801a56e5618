"""What to try, and what not now."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.card import find_card
from catalog.measured import find_measured
from diagnose import diagnose

FALL = np.linspace(2.0, 0.05, 50)
RISE = np.concatenate([np.linspace(2, 1, 15), np.linspace(1, 1.8, 35)])


@given(
    level=st.floats(0.0, 2.2),
    rise=st.floats(-0.5, 1.5),
    seed=st.integers(0, 99),
    linear=st.none() | st.floats(0.01, 1.0),
    classes=st.none() | st.just(10),
)
@settings(max_examples=150, deadline=None)
def test_advice_never_serves_the_other_problem(level, rise, seed, linear, classes):
    """Against overfitting nothing that only optimizes, against underfitting the reverse."""
    rng = np.random.default_rng(seed)
    train = np.concatenate([np.linspace(2.3, level, 20), np.full(30, level)])
    val = np.concatenate(
        [np.linspace(2.3, level + 0.2, 20), level + 0.2 + np.linspace(0, rise, 30)]
    )
    report = diagnose(
        train_loss=train + 0.01 * rng.standard_normal(50),
        val_loss=val + 0.02 * rng.standard_normal(50),
        linear_loss=linear,
        classes=classes,
    )
    other = {"overfitting": "optimization", "underfitting": "generalization"}
    wrong = other.get(report.verdict.problem)
    assert all(advice.benefit != wrong for advice in report.advice)
    if wrong is not None:
        assert report.advice
        assert {find_card(avoid.technique).benefit for avoid in report.avoid} == {wrong}
    assert not {a.technique for a in report.advice} & {a.technique for a in report.avoid}


def test_the_first_advice_against_a_rise_is_the_checkpoint_with_its_numbers():
    """Keeping the best checkpoint costs nothing, and the report says what it saves."""
    report = diagnose(train_loss=FALL, val_loss=RISE)
    first = report.advice[0]
    assert first.technique == "early-stopping"
    assert "epoch 15" in first.why
    assert "{" not in "".join(a.why for a in report.advice)


def test_advice_names_the_finding_that_it_answers():
    """Every piece of advice can be traced to a finding that was found."""
    report = diagnose(train_loss=FALL, val_loss=RISE)
    found = {finding.code for finding in report.found}
    assert {advice.finding for advice in report.advice} <= found


def test_label_techniques_are_not_advised_for_regression():
    """Label smoothing and mixup suit classification."""
    slugs = {a.technique for a in diagnose(train_loss=FALL, val_loss=RISE, classes=10).advice}
    assert {"label-smoothing", "mixup"} <= slugs
    numbers = diagnose(train_loss=FALL, val_loss=RISE, target_variance=4.0)
    assert not {"label-smoothing", "mixup"} & {a.technique for a in numbers.advice}


def test_an_undetermined_run_is_told_to_wait():
    """Before the problem is known, neither kind of technique is recommended."""
    report = diagnose(train_loss=np.linspace(2, 1, 4))
    assert report.verdict.problem == "undetermined"
    assert {a.technique for a in report.avoid} == {"dropout", "optimizer"}


def test_advice_tells_what_was_measured_of_the_benefit_that_is_sought():
    """Against overfitting it is the validation loss, and the figures are those of the file."""
    report = diagnose(train_loss=FALL, val_loss=RISE)
    told = {advice.technique: advice.measured for advice in report.advice}
    measured = find_measured("dropout")
    assert measured is not None
    effect = measured.trials[0].effect("val_loss")
    assert told["dropout"].metric == "val_loss"
    np.testing.assert_allclose(told["dropout"].control, np.mean(effect.control), rtol=1e-4)
    np.testing.assert_allclose(told["dropout"].treatment, np.mean(effect.treatment), rtol=1e-4)
    rows = {row["technique"]: row["measured"] for row in report.to_dict()["advice"]}
    assert rows["dropout"]["verdict"] == told["dropout"].verdict
    assert "In our experiment the validation loss" in " ".join(str(report).split())
