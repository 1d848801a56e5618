"""Pseudo-labels, against a naive loop."""

from __future__ import annotations

import math

import pytest
import torch

from catalog.loss.pseudo_labels.reference import pseudo_label_loss, pseudo_labels

GENERATOR = torch.Generator().manual_seed(1)
LOGITS = 3 * torch.randn(40, 4, dtype=torch.float64, generator=GENERATOR)
OTHER = 3 * torch.randn(40, 4, dtype=torch.float64, generator=GENERATOR)


def naive_loss(rows, judges, threshold):
    """Return the loss example by example, and how many were trusted."""
    total, trusted = 0.0, 0
    for row, judge in zip(rows, judges, strict=True):
        probabilities = [math.exp(v) / sum(math.exp(w) for w in judge) for v in judge]
        label = max(range(len(judge)), key=lambda k: judge[k])
        if probabilities[label] >= threshold:
            total -= math.log(math.exp(row[label]) / sum(math.exp(w) for w in row))
            trusted += 1
    return total / len(rows), trusted


@pytest.mark.parametrize("threshold", [0.0, 0.6, 0.95])
def test_it_is_a_loop_s(threshold):
    """Own labels and those of another view are trusted from the threshold on."""
    own, own_count = naive_loss(LOGITS.tolist(), LOGITS.tolist(), threshold)
    other, other_count = naive_loss(LOGITS.tolist(), OTHER.tolist(), threshold)
    assert 0 < own_count <= 40
    assert 0 < other_count <= 40
    assert float(pseudo_label_loss(LOGITS, threshold)) == pytest.approx(own)
    assert float(pseudo_label_loss(LOGITS, threshold, OTHER)) == pytest.approx(other)
    assert int(pseudo_labels(OTHER, threshold)[1].sum()) == other_count


def test_a_confidence_at_the_threshold_is_trusted():
    """The threshold itself counts, the next larger number does not."""
    even = torch.zeros(1, 2)
    assert pseudo_labels(even, 0.5)[1].item()
    assert not pseudo_labels(even, math.nextafter(0.5, 1) + 1e-7)[1].item()


def test_no_gradient_flows_through_the_labels():
    """What is judged stays as it is; what is trained moves, where it is trusted alone."""
    trained, judged = LOGITS.clone().requires_grad_(), OTHER.clone().requires_grad_()
    pseudo_label_loss(trained, 0.9, judged).backward()
    assert judged.grad is None
    _, is_confident = pseudo_labels(OTHER, 0.9)
    assert trained.grad[is_confident].abs().sum(1).min() > 0
    assert not trained.grad[~is_confident].any()


def test_the_gradient_is_that_of_true_labels():
    """With all trusted it is cross-entropy with the most probable classes."""
    ours, theirs = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    pseudo_label_loss(ours, 0.0).backward()
    torch.nn.functional.cross_entropy(theirs, LOGITS.argmax(1)).backward()
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_nothing_trusted_is_no_loss():
    """Below the threshold the term is zero and not NaN."""
    assert pseudo_label_loss(torch.zeros(3, 4), 0.95) == 0


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_bad_threshold_is_named(threshold):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="threshold must") as error:
        pseudo_label_loss(LOGITS, threshold)
    assert str(error.value) == f"threshold must be from 0 to 1. Got {threshold}."
