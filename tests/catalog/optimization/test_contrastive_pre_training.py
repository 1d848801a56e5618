"""Contrastive pre-training: the loss of matching views, against a naive loop."""

from __future__ import annotations

import math

import pytest
import torch

from catalog.lab.data import breast_cancer
from catalog.lab.recipe import Part
from catalog.lab.tasks import few
from catalog.lab.train import train
from catalog.optimization.contrastive_pre_training.experiment import (
    FEW_LABELS,
    apply,
    matched,
    two_views,
    unlabelled,
)
from catalog.optimization.contrastive_pre_training.reference import Projection, nt_xent

GENERATOR = torch.Generator().manual_seed(6)
FIRST = torch.randn(5, 3, dtype=torch.float64, generator=GENERATOR)
SECOND = torch.randn(5, 3, dtype=torch.float64, generator=GENERATOR)


def naive(first, second, temperature):
    """Return equation 1 of the paper, averaged over both orders of every pair."""
    views = [row.tolist() for pair in zip(first, second, strict=True) for row in pair]

    def similarity(u, v):
        dot = sum(a * b for a, b in zip(u, v, strict=True))
        return dot / math.sqrt(sum(a * a for a in u)) / math.sqrt(sum(b * b for b in v))

    def loss(i, j):
        below = sum(
            math.exp(similarity(views[i], views[k]) / temperature)
            for k in range(len(views))
            if k != i
        )
        return -math.log(math.exp(similarity(views[i], views[j]) / temperature) / below)

    pairs = range(0, len(views), 2)
    return sum(loss(k, k + 1) + loss(k + 1, k) for k in pairs) / len(views)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0, 20.0])
def test_it_is_the_paper_s_formula(temperature):
    """The loss is that of the loop over all pairs, at every temperature."""
    ours = nt_xent(FIRST, SECOND, temperature).item()
    assert ours == pytest.approx(naive(FIRST, SECOND, temperature), rel=1e-12)


def test_lengths_do_not_matter():
    """Only directions are compared: neither scale nor order of the views matters."""
    scaled = nt_xent(FIRST * torch.tensor([[1.0], [9.0], [0.1], [3.0], [1e4]]), SECOND)
    torch.testing.assert_close(scaled, nt_xent(FIRST, SECOND))
    torch.testing.assert_close(nt_xent(SECOND, FIRST), nt_xent(FIRST, SECOND))


def test_equal_projections_are_guessing():
    """If all views look alike, the partner is one of 2n - 1; so it is for projections of zero."""
    for z in (torch.ones(6, 4), torch.zeros(6, 4)):
        assert nt_xent(z, z).item() == pytest.approx(math.log(11), rel=1e-6)


def test_matching_is_rewarded_and_mismatching_is_not():
    """Views that agree with their partner alone have a loss near 0, exchanged ones a large one."""
    z = torch.eye(8)
    assert nt_xent(z, z, 0.05).item() < 1e-6
    assert nt_xent(z, z.roll(1, 0), 0.05).item() > 15


def test_a_batch_is_halves_of_views():
    """The lab's loss compares the first half of the outputs with the second."""
    torch.testing.assert_close(
        matched(torch.cat([FIRST, SECOND]), torch.zeros(10), 0.5), nt_xent(FIRST, SECOND, 0.5)
    )


@pytest.mark.parametrize("shape", [(7, 1, 8, 8), (7, 30)])
def test_views_differ_and_show_the_same_input(shape):
    """With nothing hidden, a view of a table row is the row, and one of an image is a shift."""
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0)) + 1
    generator = torch.Generator().manual_seed(1)
    views, y = two_views(x, torch.zeros(7, 2), generator, share=0.0)
    first, second = views.chunk(2)
    assert y.shape == (14, 2)
    if len(shape) == 2:
        assert torch.equal(first, x)
        assert torch.equal(second, x)
        return
    assert not torch.equal(first, second)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1))
    shifts = [padded[..., r : r + 8, c : c + 8] for r in range(3) for c in range(3)]
    for view in (first, second):
        same = torch.stack([(view == shift).flatten(1).all(1) for shift in shifts])
        assert same.any(0).all()


def test_hidden_entries_differ_between_the_views():
    """The two views of an input hide different entries, about the share asked for."""
    x = torch.ones(50, 40)
    views, _ = two_views(x, torch.zeros(50, 2), torch.Generator().manual_seed(0), share=0.3)
    first, second = views.chunk(2)
    assert (views == 0).double().mean().item() == pytest.approx(0.3, abs=0.03)
    assert not torch.equal(first, second)


def test_the_first_phase_sees_no_validation_input():
    """It is made of training and unlabelled inputs alone."""
    data = FEW_LABELS.peek()
    seen = {row.numpy().tobytes() for row in unlabelled(0, FEW_LABELS.data).train.x}
    assert len(unlabelled(0, FEW_LABELS.data).train) == 899
    assert not any(row.numpy().tobytes() in seen for row in data.val.x)


def test_a_table_can_be_learned_from_too():
    """Any inputs have views; the head of the task is not the projection."""
    recipe = few().replace(data=Part(breast_cancer, n_train=20), epochs=2, evaluate_every=2)
    fit = train(apply(recipe, epochs=1))
    assert fit.model(fit.data.val.x[:3]).shape == (3, 2)
    assert not any(isinstance(module, Projection) for module in fit.model.modules())


@pytest.mark.parametrize(
    ("first", "second", "temperature", "message"),
    [
        (FIRST, SECOND, 0.0, "temperature must be above 0. Got 0.0."),
        (FIRST, SECOND, float("nan"), "temperature must be above 0. Got nan."),
        (
            FIRST,
            SECOND[:4],
            0.5,
            "first and second must be (n, width), n at least 2. Got (5, 3) and (4, 3).",
        ),
        (
            FIRST[:1],
            SECOND[:1],
            0.5,
            "first and second must be (n, width), n at least 2. Got (1, 3) and (1, 3).",
        ),
    ],
)
def test_a_bad_argument_is_named(first, second, temperature, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        nt_xent(first, second, temperature)
    assert str(error.value) == message
