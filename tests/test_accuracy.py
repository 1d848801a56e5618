"""The benchmark's scores, and that what the package and the pages show is what it gives."""

from __future__ import annotations

import json
import math

import pytest

from benchmarks import accuracy, fit
from benchmarks.accuracy import Answer, Share
from benchmarks.advice import Gains, follow, gains
from benchmarks.interventions.truth import FROZEN, is_held_out, load
from diagnose.measures import odds


def record(**more):
    """Return a record of a run that only another optimizer helps."""
    outcomes = {"base": [0.5, 0.6, 0.55], "again": [0.5, 0.6, 0.55], "adam": [0.1, 0.3, 0.2]}
    made = {
        "program": "a program", "data": "a set", "task": "regression", "constant": [1.0, 1.0],
        "log": {"val_steps": [1, 50, 100]}, "best_share": 0.5, "outcomes": outcomes,
    }  # fmt: skip
    return {**made, **more}


HEALTHY = record(outcomes={"base": [0.1, 0.15, 0.14], "again": [0.1, 0.15, 0.14]})


def test_a_score_counts_what_it_says():
    """Four answers to two runs that underfit and two that are healthy, counted by hand."""
    records = [record(), record(), HEALTHY, HEALTHY]
    answers = [
        Answer("underfitting", "optimization", 50),
        Answer("undetermined", None, 51),
        Answer("overfitting", None, 53),
        Answer("healthy", None, None),
    ]
    made = accuracy.score(records, answers)
    assert made.answered == Share(3, 4)
    assert made.right == Share(2, 3)
    assert made.of_all == Share(2, 4)
    assert math.isnan(made.balanced)  # no run overfits alone
    assert made.false_alarms == Share(1, 2)
    assert made.cause == Share(1, 1)
    assert made.best_step == Share(2, 3)


def test_naming_the_most_frequent_problem_gains_nothing_when_balanced():
    """Nine runs that underfit and one of each other kind: a third, whatever is always said."""
    overfitted = record(outcomes={"base": [0.0, 0.5, 0.2], "again": [0.0, 0.5, 0.2]})
    records = [record()] * 9 + [overfitted, HEALTHY]
    for problem in ("underfitting", "overfitting", "healthy"):
        made = accuracy.score(records, [Answer(problem)] * len(records))
        assert made.balanced == pytest.approx(1 / 3)


def test_the_interval_is_wilson_s():
    """Eight of ten, by the formula's well-known value."""
    assert accuracy.interval(Share(8, 10)) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_a_technique_s_gain_is_a_share_of_the_constant_predictor_s_loss():
    """The best loss fell from 0.55 to 0.2, the last one from 0.6 to 0.3, or to 0.55 by stopping."""
    assert gains(record(), kept=True).by["adam"] == pytest.approx(0.35)
    assert gains(record(), kept=False).by["adam"] == pytest.approx(0.3)
    assert gains(record(), kept=False).by["early-stopping"] == pytest.approx(0.05)


def test_following_advice_takes_the_best_of_what_is_tried():
    """A run that nothing helps does not count, and harm counts against the mean."""
    made = [
        Gains({"adam": 0.1, "dropout": -0.05}, 0.1),
        Gains({"adam": -0.2, "dropout": 0.2}, 0.2),
        Gains({"adam": 0.0}, 0.0),
    ]
    one = follow(made, lambda _: ["adam"])
    assert (one.helped, one.recovered) == (Share(1, 2), 0.0)
    both = follow(made, lambda _: ["adam", "dropout"])
    assert (both.helped, both.recovered) == (Share(2, 2), 1.0)


def test_tables_go_between_their_marks():
    """What stands around the marks stays, and marks that are not there are left out."""
    page = "a\n<!-- one -->\nold\n<!-- end -->\nb\n"
    made = accuracy.put(page, {"one": "new", "two": "never"})
    assert made == "a\n<!-- one -->\nnew\n<!-- end -->\nb\n"


frozen = pytest.mark.skipif(not FROZEN.exists(), reason="the runs are not frozen yet")


@pytest.fixture(scope="module")
def scored():
    """Return the frozen runs and the answers to them."""
    records = load()
    return records, accuracy.answer_all(records)


@frozen
def test_the_package_shows_what_the_benchmark_gives(scored):
    """The figures in the package are those of the code as it is."""
    assert json.loads(accuracy.FIGURES.read_text(encoding="utf-8")) == accuracy.figures(*scored)


@frozen
def test_the_page_shows_what_the_benchmark_gives(scored):
    """Every table of the frozen runs stands in the page as it comes out now."""
    page = accuracy.PAGE.read_text(encoding="utf-8")
    assert accuracy.put(page, accuracy.tables(*scored)) == page


@frozen
def test_the_weights_are_those_that_the_runs_give():
    """Fitted again to the runs that chose them, to the last digits."""
    made = json.loads(fit.fitted([r for r in load() if not is_held_out(r)]))
    stored = odds._weights()
    assert made.keys() == stored.keys()
    for evidence, problems in made.items():
        for problem, weights in problems.items():
            assert weights == pytest.approx(stored[evidence][problem], abs=2e-3)


@frozen
def test_no_program_or_data_set_is_on_both_sides():
    """What was held out shares neither program nor data with what chose the rules."""
    records = load()
    for name in ("program", "data"):
        sides = [{r[name] for r in records if is_held_out(r) == side} for side in (True, False)]
        assert not sides[0] & sides[1]
