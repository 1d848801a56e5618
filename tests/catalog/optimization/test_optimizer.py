"""What all optimizers share, seen through one that notes what it is given."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from catalog.optimization.optimizer.reference import Optimizer, check_numbers


class Noting(Optimizer):
    """Steps by lr against the gradient, and counts the steps of each parameter."""

    def update(
        self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]
    ) -> None:
        """Count and step."""
        state["steps"] = state.get("steps", 0) + 1
        parameter.sub_(group["lr"] * gradient)


def parameter(*values: float) -> Tensor:
    """Return a parameter."""
    return torch.tensor(values, requires_grad=True)


def test_each_parameter_has_its_own_state_and_each_group_its_rate():
    """Only parameters with a gradient are stepped, by the rate of their group."""
    first, second, without = parameter(1.0), parameter(1.0), parameter(1.0)
    groups = [{"params": [first, without], "lr": 0.5}, {"params": [second], "lr": 0.25}]
    optimizer = Noting(groups, {"lr": 9.0})
    first.grad, second.grad = torch.ones(1), torch.ones(1)
    optimizer.step()
    first.grad = None
    optimizer.step()
    assert (first.item(), second.item(), without.item()) == (0.5, 0.5, 1.0)
    assert optimizer.state[first] == {"steps": 1}
    assert optimizer.state[second] == {"steps": 2}
    assert without not in optimizer.state


def test_the_gradient_is_given_as_it_is():
    """Ascent turns it around; neither changes what autograd has stored."""
    for maximize, end in ((False, -2.0), (True, 2.0)):
        x = parameter(0.0)
        x.grad = torch.tensor([2.0])
        Noting([x], {"lr": 1.0, "maximize": maximize}).step()
        assert x.item() == end
        assert x.grad.item() == 2.0


def test_a_closure_computes_the_gradient_of_the_step():
    """It is called once, with gradients on, and its loss is returned; without one there is none."""
    x = parameter(3.0)
    optimizer = Noting([x], {"lr": 0.5})
    calls = []

    def closure() -> Tensor:
        calls.append(torch.is_grad_enabled())
        optimizer.zero_grad()
        loss = x.square().sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9.0
    assert calls == [True]
    assert x.item() == 0.0
    assert optimizer.step() is None


def test_a_sparse_gradient_is_refused():
    """The message names the optimizer."""
    x = parameter(1.0, 2.0)
    x.grad = torch.ones(2).to_sparse()
    with pytest.raises(RuntimeError) as error:
        Noting([x], {"lr": 1.0}).step()
    assert str(error.value) == "Noting takes no sparse gradients."


def test_without_an_update_there_is_no_step():
    """A rule has to be given."""
    x = parameter(1.0)
    x.grad = torch.ones(1)
    with pytest.raises(NotImplementedError):
        Optimizer([x], {"lr": 1.0}).step()


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("adafactor.Adafactor", "d"),
        ("adagrad.Adagrad", "lr_decay"),
        ("adam.Adam", "betas"),
        ("adamw.AdamW", "weight_decay"),
        ("gradient_descent.GradientDescent", "lr"),
        ("l_bfgs.LBFGS", "tolerance"),
        ("lion.Lion", "betas"),
        ("momentum.Momentum", "momentum"),
        ("muon.Muon", "eps"),
        ("nadam.NAdam", "momentum_decay"),
        ("nesterov_momentum.NesterovMomentum", "weight_decay"),
        ("radam.RAdam", "eps"),
        ("rmsprop.RMSprop", "alpha"),
        ("schedule_free_optimizer.ScheduleFreeAdamW", "eps"),
        ("schedule_free_optimizer.ScheduleFreeSGD", "warmup_steps"),
        ("shampoo.Shampoo", "interval"),
    ],
)
def test_a_text_for_a_number_is_named(name, setting):
    """YAML reads `1e-3` as a text; each optimizer says so, for its rate and for another setting."""
    module, _, kind = name.partition(".")
    make = getattr(importlib.import_module(f"catalog.optimization.{module}.reference"), kind)
    weight = torch.zeros(2, 2, requires_grad=True)
    for bad in {"lr", setting}:
        value = (0.9, "0.99") if bad == "betas" else "1e-3"
        with pytest.raises(ValueError, match="must be a number") as error:
            make([weight], **{bad: value})
        assert str(error.value) == f"{bad} must be a number. Got {value!r}."


def test_numbers_of_all_kinds_are_numbers():
    """Python's, numpy's and torch's."""
    check_numbers(lr=1, eps=np.float32(0.5), momentum=torch.tensor(0.9), betas=(0.9, np.float64(1)))
