"""Data cleaning, against a naive loop and labels that are known to be wrong."""

from __future__ import annotations

import pytest
import torch

from catalog.lab.data import digits
from catalog.lab.recipe import Part
from catalog.lab.tasks import noisy
from catalog.lab.train import train
from catalog.loss.data_cleaning.experiment import apply, held_out_logits, right_fit, without_fold
from catalog.loss.data_cleaning.reference import by_loss, duplicates, fold_numbers, label_issues

GENERATOR = torch.Generator().manual_seed(11)
LOGITS = torch.randn(60, 4, generator=GENERATOR) * 2
LABELS = torch.randint(0, 4, (60,), generator=GENERATOR)


def _naive_issues(p, labels):
    """Confident learning, example by example."""
    n, classes = p.shape
    thresholds = {}
    for j in range(classes):
        own = [float(p[i, j]) for i in range(n) if int(labels[i]) == j]
        if own:
            thresholds[j] = sum(own) / len(own)
    issues = []
    for i in range(n):
        sure = {j: float(p[i, j]) for j, t in thresholds.items() if float(p[i, j]) >= t}
        issues.append(bool(sure) and max(sure, key=sure.get) != int(labels[i]))
    return issues


def test_a_loop_finds_the_same_issues():
    """Of random predictions some are issues and some are not, the same ones as in the loop."""
    issues = label_issues(LOGITS.softmax(1), LABELS)
    assert issues.tolist() == _naive_issues(LOGITS.softmax(1), LABELS)
    assert 5 < int(issues.sum()) < 55


def test_a_class_that_no_label_names_is_never_sure():
    """Its threshold cannot be known, and no example is said to belong to it."""
    p = torch.tensor([[0.1, 0.0, 0.9], [0.4, 0.6, 0.0], [0.7, 0.3, 0.0]])
    labels = torch.tensor([0, 1, 0])
    assert label_issues(p, labels).tolist() == _naive_issues(p, labels) == [False] * 3


def test_an_unsure_prediction_contradicts_nothing():
    """An example below every threshold keeps its label, whichever it is."""
    p = torch.tensor([[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.1, 0.0, 0.9], [0.34, 0.33, 0.33]])
    for label in range(3):
        labels = torch.tensor([0, 1, 2, label])
        assert label_issues(p, labels).tolist() == _naive_issues(p, labels) == [False] * 4


def test_swapped_labels_are_found_and_no_others():
    """Where predictions are sure and right, the issues are the labels that were changed."""
    truth = torch.arange(60) % 4
    given = truth.clone()
    given[[3, 17, 44]] = (given[[3, 17, 44]] + 1) % 4
    p = torch.full((60, 4), 0.02)
    p[torch.arange(60), truth] = 0.94
    assert label_issues(p, given).nonzero().flatten().tolist() == [3, 17, 44]
    assert sorted(by_loss(p.log(), given)[:3].tolist()) == [3, 17, 44]


def test_the_largest_loss_comes_first():
    """The order is that of torch's cross-entropy, falling."""
    losses = torch.nn.functional.cross_entropy(LOGITS, LABELS, reduction="none")
    ordered = losses[by_loss(LOGITS, LABELS)]
    assert (ordered[:-1] >= ordered[1:]).all()


def test_every_example_is_in_one_fold_of_about_one_size():
    """No fold is larger than another by more than one, and the draw is by chance."""
    folds = fold_numbers(100, 3, torch.Generator().manual_seed(0))
    assert sorted(folds.bincount().tolist()) == [33, 33, 34]
    assert not torch.equal(folds, torch.arange(100) % 3)


def test_copies_of_an_earlier_example_are_found():
    """The first of them stays; near copies do too."""
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0], [1.0, 2.0 + 1e-6], [3.0, 4.0]])
    assert duplicates(x).tolist() == [False, False, True, False, True]
    images = torch.rand(5, 1, 2, 2, generator=GENERATOR)[[0, 1, 1, 2, 0]]
    assert duplicates(images).tolist() == [False, False, True, False, True]


def test_a_fold_is_not_trained_on():
    """What validates in its run is that fold, and the folds together are the training set."""
    part = Part(digits, n_train=60)
    whole = digits(2, n_train=60).train
    parts = [without_fold(2, part, number, 3) for number in range(3)]
    rows = [{tuple(x.flatten().tolist()) for x in data.val.x} for data in parts]
    assert set.union(*rows) == {tuple(x.flatten().tolist()) for x in whole.x}
    for held_out, data in zip(rows, parts, strict=True):
        assert not held_out & {tuple(x.flatten().tolist()) for x in data.train.x}
        assert len(data.train) + len(data.val) == 60


def test_a_recipe_keeps_what_is_not_contradicted():
    """What it trains on are the examples without an issue, in their order."""
    recipe = noisy().replace(data=Part(digits, n_train=60, label_noise=0.3), epochs=10)
    given = recipe.peek().train
    issues = label_issues(held_out_logits(recipe.peek(), recipe, 2).softmax(1), given.y)
    kept = apply(recipe, folds=2).data(0)
    assert int(issues.sum()) not in (0, 30, 60)
    assert torch.equal(kept.train.x, given.x[~issues])
    assert torch.equal(kept.train.y, given.y[~issues])
    assert torch.equal(kept.val.x, recipe.peek().val.x)


@pytest.mark.slow
def test_most_of_what_is_dropped_was_wrong():
    """With 30 % wrong labels two of three that are dropped are wrong, and most wrong ones go."""
    recipe = noisy()
    given, true = recipe.peek(), recipe.set_data(label_noise=0.0).peek()
    issues = label_issues(held_out_logits(given, recipe, 3).softmax(1), given.train.y)
    is_wrong = given.train.y != true.train.y
    assert (issues & is_wrong).sum() > 2 / 3 * issues.sum()
    assert (issues & is_wrong).sum() > 2 / 3 * is_wrong.sum()
    kept = apply(recipe).data(0).train
    assert len(kept) == int((~issues).sum())
    assert torch.equal(kept.x, given.train.x[~issues])


def test_both_arms_are_judged_on_the_same_examples():
    """The loss is that on the right labels of the whole training set, whatever was kept."""
    recipe = noisy().replace(epochs=2, evaluate_every=2)
    fit, plain = train(apply(recipe)), train(recipe)
    given, true = recipe.peek().train, recipe.set_data(label_noise=0.0).peek().train
    right = given.y == true.y
    for run, share in ((fit, len(fit.data.train) / 400), (plain, 1.0)):
        with torch.no_grad():
            loss = torch.nn.functional.cross_entropy(run.model(given.x[right]), true.y[right])
        assert right_fit(run)["right_label_train_loss"] == pytest.approx(loss.item(), rel=1e-5)
        assert right_fit(run)["share_of_examples_kept"] == share


def test_bad_settings_are_named():
    """The messages say what is allowed and what came."""
    with pytest.raises(ValueError, match="folds must be") as error:
        fold_numbers(10, 1, torch.Generator())
    assert str(error.value) == "folds must be from 2 to 10. Got 1."
    with pytest.raises(ValueError, match="probabilities must be") as error:
        label_issues(LOGITS / 0, LABELS)
    assert str(error.value) == "probabilities must be finite. Got NaN or infinity."
