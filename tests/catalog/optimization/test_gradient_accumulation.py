"""Gradient accumulation, against the gradient of the whole batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import few, short
from catalog.lab.train import train
from catalog.optimization.gradient_accumulation.experiment import apply
from catalog.optimization.gradient_accumulation.reference import accumulate_gradient

GENERATOR = torch.Generator().manual_seed(1)
X = torch.randn(12, 5, dtype=torch.float64, generator=GENERATOR) * 3
Y = torch.randint(0, 4, (12,), generator=GENERATOR)


def network(*middle):
    """Return a small network with a fixed start."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 6), *middle, nn.Tanh(), nn.Linear(6, 4)).double()


def gradient(model):
    """Return all gradients in one vector."""
    return torch.cat([p.grad.flatten() for p in model.parameters()])


@pytest.mark.parametrize("sizes", [[12], [4, 4, 4], [1] * 12, [7, 3, 2]], ids=str)
def test_it_is_the_gradient_of_the_whole_batch(sizes):
    """However the batch is split, equally or not, loss and gradient are those of the whole."""
    whole, split = network(), network()
    expected = F.cross_entropy(whole(X), Y)
    expected.backward()
    batches = list(zip(X.split(sizes), Y.split(sizes), strict=True))
    loss = accumulate_gradient(split, F.cross_entropy, batches)
    torch.testing.assert_close(loss.double(), expected.detach())
    torch.testing.assert_close(gradient(split), gradient(whole), rtol=1e-12, atol=1e-14)


def test_with_batch_normalization_it_is_another_gradient():
    """Each micro-batch is normalized by its own mean, so the results differ."""
    whole, split = network(nn.BatchNorm1d(6)), network(nn.BatchNorm1d(6))
    F.cross_entropy(whole(X), Y).backward()
    accumulate_gradient(split, F.cross_entropy, list(zip(X.split(4), Y.split(4), strict=True)))
    gap = (gradient(split) - gradient(whole)).norm() / gradient(whole).norm()
    assert gap > 0.01


def test_it_adds_to_the_gradient_that_is_there():
    """As `backward` does; twice without clearing is twice the gradient."""
    model = network()
    accumulate_gradient(model, F.cross_entropy, [(X, Y)])
    once = gradient(model).clone()
    accumulate_gradient(model, F.cross_entropy, [(X, Y)])
    torch.testing.assert_close(gradient(model), 2 * once)


def test_no_examples_are_an_error():
    """There is no mean over nothing."""
    with pytest.raises(ValueError, match="micro_batches must hold") as error:
        accumulate_gradient(network(), F.cross_entropy, [])
    assert str(error.value) == "micro_batches must hold at least one example. Got none."


def test_applied_it_trains_as_the_large_batch():
    """Batches of 10 summed by 3 end with the weights of batches of 30."""
    small = short().replace(epochs=2, batch_size=10)
    summed, large = train(apply(small, k=3)), train(small.replace(batch_size=30))
    for ours, theirs in zip(summed.model.parameters(), large.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_a_batch_that_is_the_whole_set_is_refused():
    """There are no further batches to sum."""
    with pytest.raises(NotApplicable) as reason:
        apply(few())
    assert str(reason.value) == "4 times the batch is more than the training set of 100."
