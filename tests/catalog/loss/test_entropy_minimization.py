"""Entropy minimization, against torch's own entropy."""

from __future__ import annotations

import math

import pytest
import torch

from catalog.lab.tasks import few_labels
from catalog.lab.train import Batch
from catalog.loss.entropy_minimization.experiment import apply
from catalog.loss.entropy_minimization.reference import entropy, entropy_loss


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


LOGITS = 4 * torch.randn(30, 5, dtype=torch.float64, generator=seeded(1))


def test_it_is_torch_s_entropy():
    """Value and gradient are those of `torch.distributions.Categorical`."""
    ours, theirs = LOGITS.clone().requires_grad_(), LOGITS.clone().requires_grad_()
    entropy_loss(ours, 0.7).backward()
    expected = torch.distributions.Categorical(logits=theirs).entropy()
    (0.7 * expected.mean()).backward()
    torch.testing.assert_close(entropy(LOGITS), expected.detach())
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_it_lies_between_certainty_and_ignorance():
    """A sure prediction has none, an even one the logarithm of the classes; no NaN at either."""
    logits = torch.tensor([[1e4, 0.0, 0.0], [5.0, 5.0, 5.0], [1e4, 1e4, 0.0]])
    expected = torch.tensor([0.0, math.log(3), math.log(2)])
    torch.testing.assert_close(entropy(logits), expected)


def test_going_down_makes_it_sure():
    """A step against the gradient raises the probability of the class that was ahead."""
    logits = torch.tensor([[0.5, 0.0, -0.2]], requires_grad=True)
    entropy_loss(logits).backward()
    before, after = (torch.softmax(v, 1)[0, 0] for v in (logits, logits - 0.1 * logits.grad))
    assert after > before


def test_a_weight_of_zero_asks_for_nothing():
    """The neutral setting adds zero, in value and in gradient."""
    logits = LOGITS.clone().requires_grad_()
    loss = entropy_loss(logits, 0.0)
    loss.backward()
    assert loss == 0
    assert not logits.grad.any()


def test_the_term_sees_unlabelled_inputs_only():
    """A network that is sure of the labelled inputs alone pays for the others, with the ramp."""
    data = few_labels().peek()
    batch = Batch(data.train.x, data.train.y, data.train.x, data, 0.15, seeded())
    pool = {tuple(row) for row in data.unlabelled.flatten(1).tolist()}
    seen = []

    def model(x):
        seen.extend(tuple(row) for row in x.flatten(1).tolist())
        return torch.zeros(len(x), 10)

    (part,) = apply(few_labels(), weight=2.0, ramp=0.3, count=50).regularization
    value = part(model, batch)
    assert len(seen) == 50
    assert set(seen) <= pool
    assert float(value) == pytest.approx(2 * math.exp(-5 * 0.25) * math.log(10))


def test_a_bad_weight_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="weight must") as error:
        entropy_loss(LOGITS, -1.0)
    assert str(error.value) == "weight must be at least 0. Got -1.0."
