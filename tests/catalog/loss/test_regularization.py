"""Regularization: the penalty on the slope, against torch's Jacobian, and the family's members."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.lab.data import Data, Split
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few
from catalog.loss.regularization import reference
from catalog.loss.regularization.experiment import apply
from catalog.loss.regularization.reference import roughness


def network():
    """Return a curved function from 5 to 3 numbers."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).double()


def test_in_the_mean_it_is_the_squared_jacobian():
    """Over many draws of signs it is the squared norm of the Jacobian that torch gives."""
    f = network()
    x = 2 * torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    jacobian = torch.func.vmap(torch.func.jacrev(f))(x)  # (4, 3, 5)
    expected = 0.5 * jacobian.pow(2).sum((1, 2)).mean()
    generator = torch.Generator().manual_seed(2)
    many = roughness(f, x.repeat(2000, 1), 0.5, generator)
    assert abs(float(many.detach() / expected.detach()) - 1) < 0.02


def test_of_one_output_it_is_exact():
    """With one output the sign does not matter: a line of slope a costs a²."""
    slope = torch.tensor([[3.0], [4.0]], dtype=torch.float64, requires_grad=True)
    penalty = roughness(lambda x: x @ slope, torch.randn(7, 2, dtype=torch.float64), 0.1)
    penalty.backward()
    torch.testing.assert_close(penalty.detach(), torch.tensor(2.5, dtype=torch.float64))
    torch.testing.assert_close(slope.grad, 0.2 * slope.detach())  # of 0.1 (a² + b²)


def test_a_constant_is_smooth_and_a_weight_of_zero_is_none():
    """Neither adds anything to the loss."""
    x = torch.randn(4, 5, dtype=torch.float64)
    assert float(roughness(lambda x: 0 * x + 7, x).detach()) == 0.0
    assert float(roughness(network(), x, 0.0).detach()) == 0.0


def test_the_inputs_are_left_as_they_were():
    """They get no gradient and need none."""
    x = torch.randn(4, 5, dtype=torch.float64)
    roughness(network(), x).backward()
    assert not x.requires_grad
    assert x.grad is None


def test_the_members_are_those_of_their_own_folders():
    """The family writes nothing twice."""
    w = torch.tensor([3.0, -4.0])
    assert float(reference.l1_penalty([w], 1.0)) == 7.0
    assert float(reference.l2_penalty([w], 1.0)) == 12.5


def tokens(seed):
    """Return data whose inputs are numbers of words."""
    split = Split(torch.zeros(4, 3, dtype=torch.int64), torch.zeros(4, dtype=torch.int64))
    return Data("classification", split, split, 2 + 0 * seed)


def test_inputs_without_a_slope_are_refused():
    """A number of a word cannot be changed a little."""
    with pytest.raises(NotApplicable, match="no continuous numbers"):
        apply(few().replace(data=Part(tokens)))


def test_a_bad_weight_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="weight must be") as error:
        roughness(network(), torch.zeros(1, 5).double(), -1.0)
    assert str(error.value) == "weight must be at least 0. Got -1.0."
