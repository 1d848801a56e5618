"""Curriculum learning, by what its order must hold, and against scikit-learn's nearest means."""

from __future__ import annotations

import pytest
import torch
from sklearn.neighbors import NearestCentroid

from catalog.lab.data import Split
from catalog.lab.recipe import NotApplicable, Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import Loop
from catalog.loss.curriculum.experiment import SEQUENCES, apply, sequence_length
from catalog.loss.curriculum.reference import (
    centroid_difficulty,
    curriculum_order,
    pool_share,
    ranks_within,
)


def generator() -> torch.Generator:
    """Return a generator at a fixed seed."""
    return torch.Generator().manual_seed(8)


def test_the_pool_widens_in_a_line_and_then_holds_all():
    """It is the start at first, half-way between at half of the ramp, and everything after it."""
    shares = [pool_share(done, start=0.2, ramp=0.5) for done in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert shares == pytest.approx([0.2, 0.6, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("settings", [{"start": 1.0}, {"ramp": 0.0}])
def test_a_neutral_setting_holds_all_from_the_start(settings):
    """Without a ramp, or from a full pool, there is no curriculum."""
    assert {pool_share(done / 10, **settings) for done in range(11)} == {1.0}


DIFFICULTY = torch.tensor([5.0, 1.0, 4.0, 2.0, 3.0, 0.0, 9.0, 8.0, 7.0, 6.0])


@pytest.mark.parametrize(("share", "size"), [(0.1, 1), (0.3, 3), (0.31, 4), (0.7, 7), (1.0, 10)])
def test_an_epoch_draws_evenly_from_the_easiest(share, size):
    """All n draws come from the easiest ⌈gn⌉, none of them more than once more than another."""
    order = curriculum_order(DIFFICULTY, share, generator())
    assert len(order) == 10
    assert set(DIFFICULTY[order].tolist()) == set(map(float, range(size)))
    counts = torch.bincount(order, minlength=10)
    assert int(counts.max()) - int(counts[counts > 0].min()) <= 1


def test_a_full_pool_is_a_new_permutation_each_time():
    """Without a curriculum each example comes once, in an order of its own."""
    source = generator()
    first, second = (curriculum_order(DIFFICULTY, 1.0, source) for _ in range(2))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(10))
    assert not torch.equal(first, second)


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")
def test_the_difficult_are_those_that_nearest_means_get_wrong():
    """In each class the examples that scikit-learn's classifier misses rank above its hits."""
    data = short().peek().train
    flat = data.x.flatten(1)
    hits = torch.from_numpy(NearestCentroid().fit(flat, data.y).predict(flat)) == data.y
    difficulty = centroid_difficulty(data.x, data.y)
    assert 0 < int((~hits).sum()) < len(hits)
    for label in data.y.unique():
        own = data.y == label
        if (own & ~hits).any():
            assert difficulty[own & ~hits].min() > difficulty[own & hits].max()


def test_no_class_comes_first_as_a_whole():
    """The easiest fifth holds about a fifth of each class."""
    data = short().peek().train
    easiest = centroid_difficulty(data.x, data.y) <= 0.2
    shares = [float(easiest[data.y == label].double().mean()) for label in data.y.unique()]
    assert shares == pytest.approx([0.2] * 10, abs=0.04)


def test_ranks_are_within_groups():
    """Each group's values are replaced by their places in it, over its size."""
    ranks = ranks_within(torch.tensor([3.0, 1.0, 50.0, 2.0]), torch.tensor([0, 0, 1, 0]))
    torch.testing.assert_close(ranks, torch.tensor([1.0, 1 / 3, 1.0, 2 / 3], dtype=torch.float64))


def test_a_sequence_is_as_long_as_its_values():
    """Blank steps at the beginning do not count; marks do not either, where they are zero."""
    x = torch.zeros(2, 5, 2)
    x[0, 2:, 0] = 0.5
    x[1, 4, 1] = 1.0
    assert sequence_length(Split(x, torch.zeros(2, 1))).tolist() == [3, 1]


def first_epoch(recipe: Recipe, epoch: int) -> torch.Tensor:
    """Return the examples of an epoch of a run."""
    return torch.cat(list(Loop(recipe, "cpu").batches(epoch)))


def test_a_run_begins_with_short_sequences_and_ends_with_all():
    """The longest sequence of the first epoch is far below that of the last, at as many steps."""
    recipe = apply(SEQUENCES, difficulty=Part(sequence_length))
    length = sequence_length(recipe.peek().train)
    first, last = first_epoch(recipe, 0), first_epoch(recipe, recipe.epochs - 1)
    assert len(first) == len(last) == 512
    assert int(length[first].max()) < 10
    assert int(length[last].max()) == 20
    assert len(last.unique()) == 512


def test_numbers_need_a_difficulty_of_their_own():
    """Without classes there are no means to be near to."""
    with pytest.raises(NotApplicable, match="numbers"):
        apply(SEQUENCES)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pool_share(-0.1), "done must be at least 0. Got -0.1."),
        (lambda: pool_share(0.5, start=0.0), "start must be above 0 and at most 1. Got 0.0."),
        (lambda: pool_share(0.5, ramp=1.5), "ramp must be from 0 to 1. Got 1.5."),
        (
            lambda: curriculum_order(DIFFICULTY, 0.0, generator()),
            "share must be above 0 and at most 1. Got 0.0.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
