"""The measured files beside the cards: of today's code, whole, and what the experiments say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from catalog.lab.experiment import perform
from catalog.lab.measure import experiments_of, fingerprint, has_experiment
from catalog.measured import find_measured, find_summary
from catalog.table import slugs

WITH_EXPERIMENT = [slug for slug in slugs() if has_experiment(slug)]
each_technique = pytest.mark.parametrize("slug", WITH_EXPERIMENT)


@each_technique
def test_figures_are_of_the_code_as_it_is(slug):
    """Code that changed since it was measured fails here: run `diagnose catalog measure`."""
    measured = find_measured(slug)
    assert measured is not None
    assert measured.fingerprint == fingerprint(slug)


@each_technique
def test_the_file_answers_the_experiments_questions(slug):
    """Each experiment stands in the file, in order, with its arms, seeds and claims."""
    measured = find_measured(slug)
    assert measured is not None
    for trial, experiment in zip(measured.trials, experiments_of(slug), strict=True):
        assert (trial.question, trial.setting) == (experiment.question, experiment.setting)
        assert (trial.control, trial.treatment) == (
            experiment.control_name,
            experiment.treatment_name,
        )
        assert trial.seeds == experiment.seeds
        assert [(d.benefit, d.metric) for d in trial.claims if d.claimed] == [
            (claim.benefit, claim.metric) for claim in experiment.claims
        ]


@each_technique
def test_the_statistics_follow_from_the_values(slug):
    """Differences, intervals and verdicts are those of a paired t test on the seeds' values."""
    measured = find_measured(slug)
    assert measured is not None
    for trial in measured.trials:
        for effect in trial.effects:
            gaps = np.subtract(effect.treatment, effect.control)
            scale = max(np.abs(effect.control).max(), np.abs(effect.treatment).max(), 1e-12)
            assert math.isclose(effect.difference, gaps.mean(), abs_tol=1e-5 * scale)
            half = stats.t.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / math.sqrt(len(gaps))
            assert math.isclose(effect.high - effect.low, 2 * half, abs_tol=1e-4 * scale)
        for decided in trial.claims:
            effect = trial.effect(decided.metric)
            outside = not effect.low <= 0 <= effect.high and effect.agreement >= 0.8
            better = (effect.difference < 0) == decided.lower_is_better
            expected = ("supported" if better else "opposite") if outside else "not measurable"
            assert decided.verdict.startswith(expected)


@each_technique
@pytest.mark.parametrize("benefit", ["optimization", "generalization"])
def test_the_summary_is_the_first_trial_s(slug, benefit):
    """What the report reads from the head of the file stands in the file below."""
    measured, summary = find_measured(slug), find_summary(slug, benefit)
    assert measured is not None
    expected = measured.summary(benefit)
    if expected is None or summary is None:
        assert summary == expected
        return
    assert (summary.metric, summary.verdict) == (expected.metric, expected.verdict)
    np.testing.assert_allclose(summary[1:6], expected[1:6], rtol=1e-4, atol=1e-9)


@pytest.mark.slow
@each_technique
def test_measuring_again_does_not_contradict(slug):
    """A claim that was supported does not come out opposite when it is measured again."""
    measured = find_measured(slug)
    assert measured is not None
    for trial, experiment in zip(measured.trials, experiments_of(slug), strict=True):
        for was, now in zip(trial.claims, perform(experiment).claims, strict=True):
            assert {was.verdict, now.verdict} != {"supported", "opposite"}
