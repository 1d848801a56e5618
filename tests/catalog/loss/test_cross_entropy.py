"""Softmax and cross-entropy, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from catalog.lab.train import train
from catalog.loss.cross_entropy.experiment import (
    SQUARED,
    ScoresAsProbabilities,
    errors,
    squared_error,
    squared_error_of_probabilities,
)
from catalog.loss.cross_entropy.reference import cross_entropy, log_softmax

GENERATOR = torch.Generator().manual_seed(3)
LOGITS = torch.randn(20, 7, dtype=torch.float64, generator=GENERATOR) * 5
CLASSES = torch.randint(0, 7, (20,), generator=GENERATOR)
PROBABILITIES = torch.softmax(torch.randn(20, 7, dtype=torch.float64, generator=GENERATOR), 1)
WEIGHT = torch.rand(7, dtype=torch.float64, generator=GENERATOR) + 0.1
OPTIONS = [
    {},
    {"reduction": "sum"},
    {"reduction": "none"},
    {"weight": WEIGHT},
    {"weight": WEIGHT, "reduction": "sum"},
    {"weight": WEIGHT, "reduction": "none"},
]


@pytest.mark.parametrize("targets", [CLASSES, PROBABILITIES], ids=["classes", "probabilities"])
@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(map(str, options)))
def test_it_is_torch_s_loss(targets, options):
    """Value and gradient are torch's, whatever the options."""
    ours, theirs = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    loss = cross_entropy(ours, targets, **options)
    expected = F.cross_entropy(theirs, targets, **options)
    torch.testing.assert_close(loss, expected)
    loss.sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["equal", "weighted"])
@pytest.mark.parametrize("ignored", [-100, 2])
def test_marked_examples_are_left_out(reduction, weight, ignored):
    """A mark outside the classes and one of the classes both work as torch's do."""
    targets = CLASSES.clone()
    targets[::3] = ignored
    options = {"weight": weight, "ignore_index": ignored, "reduction": reduction}
    torch.testing.assert_close(
        cross_entropy(LOGITS, targets, **options), F.cross_entropy(LOGITS, targets, **options)
    )


def test_an_example_left_out_may_be_anything():
    """Its infinite or undefined loss reaches neither the value nor another example's gradient."""
    logits = torch.tensor([[1.0, 2.0], [float("nan"), 0.0]], requires_grad=True)
    loss = cross_entropy(logits, torch.tensor([0, -100]))
    loss.backward()
    torch.testing.assert_close(loss, F.cross_entropy(logits[:1], torch.tensor([0])))
    assert torch.isfinite(logits.grad[0]).all()


def test_the_gradient_is_prediction_minus_target():
    """At the logits it is (p - y) / n, for classes and for probabilities."""
    for targets, y in ((CLASSES, F.one_hot(CLASSES, 7)), (PROBABILITIES, PROBABILITIES)):
        logits = LOGITS.clone().requires_grad_()
        cross_entropy(logits, targets).backward()
        torch.testing.assert_close(logits.grad, (torch.softmax(LOGITS, 1) - y) / 20)


def test_accuracy_has_no_gradient():
    """A small change of the weights leaves the accuracy as it was, and changes the loss."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(50, 7, dtype=torch.float64, generator=generator)
    y = torch.randint(0, 7, (50,), generator=generator)
    weight = torch.randn(7, 7, dtype=torch.float64, generator=generator)

    def accuracy_and_loss(weight):
        logits = x @ weight
        return float((logits.argmax(1) == y).double().mean()), float(cross_entropy(logits, y))

    here = accuracy_and_loss(weight)
    assert 0 < here[0] < 1
    for row in range(7):
        for column in range(7):
            moved = weight.clone()
            moved[row, column] += 1e-6
            there = accuracy_and_loss(moved)
            assert there[0] == here[0]
            assert there[1] != here[1]


@pytest.mark.parametrize("offset", [1e4, -1e4])
def test_a_common_offset_changes_nothing(offset):
    """Logits far from zero neither overflow nor lose the loss."""
    torch.testing.assert_close(log_softmax(LOGITS + offset), log_softmax(LOGITS))


def test_logits_far_apart_give_a_finite_loss():
    """The right class at -1000 costs 1000, and not infinity."""
    loss = cross_entropy(torch.tensor([[0.0, -1000.0]]), torch.tensor([1]))
    assert float(loss) == 1000.0


def test_undefined_logits_are_not_hidden():
    """A NaN among the logits gives a NaN."""
    assert cross_entropy(torch.tensor([[float("nan"), 1.0]]), torch.tensor([1])).isnan()


def test_the_squared_error_is_summed_over_classes():
    """It is the mean over examples of the squared distance from the one-hot label."""
    y = F.one_hot(CLASSES, 7).double()
    torch.testing.assert_close(squared_error(LOGITS, CLASSES), F.mse_loss(LOGITS, y) * 7)
    torch.testing.assert_close(
        squared_error_of_probabilities(LOGITS, CLASSES), F.mse_loss(LOGITS.softmax(1), y) * 7
    )


def test_scores_that_are_probabilities_are_read_as_such():
    """The softmax gives them back; scores below zero become small and keep the decision."""
    model = ScoresAsProbabilities(torch.nn.Identity())
    torch.testing.assert_close(
        model(PROBABILITIES.clamp(min=0.02)).exp(), PROBABILITIES.clamp(0.02)
    )
    scores = torch.tensor([[0.9, -0.2, 0.3]])
    assert torch.isfinite(model(scores)).all()
    assert model(scores).argmax() == 0


def test_errors_are_what_accuracy_leaves():
    """Both shares are of wrong decisions, of the network as it was trained."""
    fit = train(SQUARED.replace(epochs=2, evaluate_every=2))
    for name, split in (("train_error", fit.data.train), ("val_error", fit.data.val)):
        with torch.no_grad():
            wrong = fit.model.model(split.x).argmax(1) != split.y
        assert errors(fit)[name] == pytest.approx(float(wrong.double().mean()))


def test_a_bad_reduction_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="reduction must be") as error:
        cross_entropy(LOGITS, CLASSES, reduction="average")
    assert str(error.value) == "reduction must be mean, sum or none. Got average."


def test_targets_of_another_shape_are_named():
    """They would be broadcast to nonsense."""
    with pytest.raises(ValueError, match="targets must be") as error:
        cross_entropy(LOGITS, CLASSES[:, None])
    assert str(error.value) == (
        "targets must be (n,) classes or (n, classes) probabilities for logits (20, 7)."
        " Got (20, 1)."
    )
