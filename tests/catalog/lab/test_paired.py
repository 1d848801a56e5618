"""Paired comparison, against Student's t worked out by hand."""

from __future__ import annotations

import math

import pytest

from catalog.lab.paired import Paired, compare, judge

T_3 = 3.182446305284263
"""The 97.5 % point of Student's t with three degrees of freedom, from a table."""


def test_the_interval_is_student_s():
    """Differences 1, 2, 3 and 6: mean 3, standard deviation √(14/3), four of them."""
    paired = compare([10.0, 20.0, 30.0, 40.0], [11.0, 22.0, 33.0, 46.0])
    half = T_3 * math.sqrt(14 / 3) / math.sqrt(4)
    assert paired.difference == pytest.approx(3.0)
    assert paired.low == pytest.approx(3.0 - half, abs=1e-9)
    assert paired.high == pytest.approx(3.0 + half, abs=1e-9)
    assert paired.agreement == 1.0


def test_the_arms_are_compared_seed_by_seed():
    """A spread between seeds that both arms share does not widen the interval."""
    control = [0.0, 100.0, 200.0, 300.0]
    near = compare(control, [1.0, 101.1, 200.9, 301.0])
    assert near.high - near.low < 0.3
    shuffled = compare(control, [301.0, 1.0, 101.1, 200.9])
    assert shuffled.high - shuffled.low > 100


def test_swapping_the_arms_turns_the_sign():
    """Treatment minus control, not the other way round."""
    a, b = [1.0, 2.0, 4.0], [2.0, 2.5, 7.0]
    one, other = compare(a, b), compare(b, a)
    assert one.difference > 0
    assert (other.difference, other.low, other.high) == pytest.approx(
        (-one.difference, -one.high, -one.low)
    )
    assert other.agreement == one.agreement


def test_agreement_is_the_share_with_the_sign_of_the_mean():
    """Of five seeds three fall and one stays: the mean falls, and three of five agree."""
    assert compare([5.0] * 5, [1.0, 1.0, 1.0, 5.0, 6.0]).agreement == 0.6


def test_without_spread_the_interval_is_a_point():
    """Equal differences have no interval; equal arms agree on nothing."""
    assert compare([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]) == Paired(1.0, 1.0, 1.0, 1.0)
    assert compare([1.0, 2.0], [1.0, 2.0]) == Paired(0.0, 0.0, 0.0, 0.0)


def test_differences_that_cancel_agree_on_nothing():
    """A mean of zero has no sign."""
    assert compare([0.0, 0.0], [1.0, -1.0]).agreement == 0.0


@pytest.mark.parametrize(
    ("control", "treatment"),
    [([1.0], [2.0]), ([1.0, 2.0], [1.0]), ([], []), ([[1.0, 2.0]], [[1.0, 2.0]])],
)
def test_arms_that_cannot_be_paired_are_refused(control, treatment):
    """One seed has no spread, and unequal arms no pairs."""
    with pytest.raises(ValueError, match="two arms of one length of at least 2 are compared"):
        compare(control, treatment)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_values_that_are_not_finite_are_refused(bad):
    """In either arm; a mean over them would say nothing."""
    for control, treatment in (([1.0, bad], [1.0, 2.0]), ([1.0, 2.0], [bad, 1.0])):
        with pytest.raises(ValueError, match=r"only finite values are compared\."):
            compare(control, treatment)


@pytest.mark.parametrize(
    ("paired", "lower_is_better", "verdict"),
    [
        (Paired(-1.0, -1.5, -0.5, 1.0), True, "supported"),
        (Paired(-1.0, -1.5, -0.5, 1.0), False, "opposite"),
        (Paired(1.0, 0.5, 1.5, 1.0), True, "opposite"),
        (Paired(1.0, 0.5, 1.5, 1.0), False, "supported"),
        (Paired(-1.0, -2.0, 0.1, 1.0), True, "not measurable at this scale"),
        (Paired(1.0, -0.1, 2.0, 1.0), False, "not measurable at this scale"),
        (Paired(-1.0, -1.5, -0.5, 0.8), True, "supported"),
        (Paired(-1.0, -1.5, -0.5, 0.79), True, "not measurable at this scale"),
        (Paired(-1.0, -2.0, 0.0, 1.0), True, "not measurable at this scale"),
        (Paired(0.0, 0.0, 0.0, 0.0), True, "not measurable at this scale"),
        (Paired(-1.0, -1.0, -1.0, 1.0), True, "supported"),
    ],
)
def test_a_verdict_needs_the_interval_and_the_seeds(paired, lower_is_better, verdict):
    """The interval must leave zero out, and four seeds in five must agree."""
    assert judge(paired, lower_is_better) == verdict
