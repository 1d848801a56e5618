"""Consistency regularization: the disagreement, the teacher, and the term in a run."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from catalog.lab.tasks import few_labels
from catalog.lab.train import Batch, train
from catalog.loss.consistency_regularization.experiment import apply, view
from catalog.loss.consistency_regularization.reference import MeanTeacher, consistency_loss


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def test_it_is_the_mean_squared_difference_of_probabilities():
    """The sum over examples and classes, divided by both counts, in a naive loop."""
    one, two = torch.randn(2, 6, 3, generator=seeded()).tolist()
    total = 0.0
    for a, b in zip(one, two, strict=True):
        p, q = ([math.exp(v) / sum(math.exp(w) for w in row) for v in row] for row in (a, b))
        total += sum((x - y) ** 2 for x, y in zip(p, q, strict=True))
    loss = consistency_loss(torch.tensor(one), torch.tensor(two))
    assert float(loss) == pytest.approx(total / 18, rel=1e-5)


def test_the_same_prediction_costs_nothing():
    """Logits that differ by a constant are the same probabilities."""
    logits = torch.randn(5, 4, generator=seeded(), dtype=torch.float64)
    assert float(consistency_loss(logits, logits + 7)) < 1e-30


def test_the_gradient_flows_to_one_view_only():
    """It moves the first view's prediction towards the second's, which stands still."""
    one, two = torch.randn(2, 5, 4, generator=seeded()).unbind()
    one.requires_grad_()
    two.requires_grad_()
    consistency_loss(one, two).backward()
    assert two.grad is None
    assert consistency_loss(one - one.grad, two) < consistency_loss(one, two)


def test_a_teacher_is_the_running_mean_of_its_student():
    """First the plain mean of all students, then the share of the decay; in a naive loop."""
    student = nn.Linear(1, 1, bias=False)
    nn.init.constant_(student.weight, 2.0)
    pair = MeanTeacher(student, decay=0.75)
    mean, seen = 2.0, [2.0]
    for step, value in enumerate([5.0, -1.0, 3.0, 10.0, 4.0], start=1):
        nn.init.constant_(student.weight, value)
        pair.update()
        seen.append(value)
        mean = sum(seen) / len(seen) if step <= 3 else 0.75 * mean + 0.25 * value
        assert float(pair.teacher.weight) == pytest.approx(mean)


def test_the_student_learns_and_the_teacher_answers():
    """Only the student is trained; in evaluation mode the teacher speaks; buffers follow."""
    pair = MeanTeacher(nn.BatchNorm1d(2), decay=0.0)
    assert {name for name, p in pair.named_parameters() if p.requires_grad} == {
        "student.weight",
        "student.bias",
    }
    nn.init.constant_(pair.student.bias, 3.0)
    x = torch.randn(8, 2, generator=seeded())
    pair.train()
    assert float(pair(x).detach().mean()) == pytest.approx(3.0, abs=1e-5)
    pair.eval()
    assert torch.equal(pair(x), pair.teacher(x))
    assert not torch.equal(pair.teacher.running_mean, pair.student.running_mean)
    pair.update()
    assert torch.equal(pair.teacher.running_mean, pair.student.running_mean)


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_bad_decay_is_named(decay):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="decay must") as error:
        MeanTeacher(nn.Identity(), decay)
    assert str(error.value) == f"decay must be at least 0 and below 1. Got {decay}."


def test_a_view_moves_images_and_shakes_other_inputs():
    """Pixels of an image are the same ones elsewhere; a row gets noise of the size asked for."""
    images = torch.rand(50, 1, 8, 8, generator=seeded()) + 1
    moved = view(images, seeded(), shift=0.125, noise=9.0)
    assert set(moved.unique().tolist()) <= {0.0, *images.unique().tolist()}
    assert not torch.equal(moved, images)
    shaken = view(torch.zeros(400, 10), seeded(), shift=0.125, noise=0.3)
    assert float(shaken.std()) == pytest.approx(0.3, rel=0.05)


def test_the_term_grows_with_the_ramp():
    """At the start of the run it has a share of exp(-5) of the weight that it ends with."""
    recipe = apply(few_labels(), ramp=0.3)
    data = recipe.peek()
    model = recipe.model(data)
    (part,) = recipe.regularization
    first, last = (
        part(model, Batch(data.train.x, data.train.y, data.train.x, data, done, seeded()))
        for done in (0.0, 1.0)
    )
    assert float((first / last).detach()) == pytest.approx(math.exp(-5), rel=1e-4)


@pytest.mark.slow
def test_a_run_ends_with_the_teacher():
    """The network that is left has the student's form and no pair around it."""
    recipe = apply(few_labels(), teacher_decay=0.9).replace(epochs=3, evaluate_every=3)
    fit = train(recipe)
    assert type(fit.model) is nn.Sequential
    plain = train(apply(few_labels()).replace(epochs=3, evaluate_every=3))
    assert fit.final["val_loss"] != plain.final["val_loss"]
