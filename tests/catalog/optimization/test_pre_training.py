"""Pre-training: what is carried over, in which order layers are used, and what stays random."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch
from torch import nn

from catalog.lab.data import Split, breast_cancer
from catalog.lab.models import linear
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few, images, rows, short
from catalog.lab.train import evaluate, train
from catalog.optimization.pre_training.experiment import (
    LOWER_DIGITS,
    apply,
    inputs_of,
    pretrained,
    target,
)
from catalog.optimization.pre_training.reference import (
    head_of,
    hide,
    layers_in_order,
    take_weights,
)


class Crossed(nn.Module):
    """A network whose layers are not used in the order in which they were made."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(4, 2)
        self.unused = nn.Linear(4, 4)
        self.first = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4))

    def forward(self, x):
        """Use `first` twice over its norm, then `out`."""
        return self.out(self.first[2](self.first(x)))


def test_layers_come_in_the_order_of_their_use():
    """Neither the order of definition nor the number of calls matters; unused ones are absent."""
    assert layers_in_order(Crossed(), torch.zeros(2, 3)) == ("first.0", "first.2", "out")


def test_looking_leaves_no_trace():
    """Modes, running statistics, hooks and gradients are as before."""
    model = Crossed()
    model.first[1].eval()
    before = copy.deepcopy(model.state_dict())
    layers_in_order(model, torch.ones(2, 3))
    assert model.training
    assert not model.first[1].training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_pre_hooks for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(("task", "expected"), [(short, "3"), (images, "7"), (rows, "head")])
def test_the_head_is_the_layer_used_last(task, expected):
    """In each of the lab's networks it is the one that gives the outputs."""
    recipe = task()
    model = recipe.model(recipe.peek())
    name, head = head_of(model, recipe.peek().train.x[:2])
    assert name == expected
    assert head is model.get_submodule(expected)
    assert head.out_features == 10


def test_weights_are_taken_as_torch_loads_them():
    """Without a head left out it is `load_state_dict`, buffers included."""
    source, ours, theirs = Crossed(), Crossed(), Crossed()
    source.first(torch.randn(8, 3))  # moves the running statistics
    taken = take_weights(ours, source.state_dict())
    theirs.load_state_dict(source.state_dict())
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value)
    assert set(taken) == set(source.state_dict())
    assert "first.2.running_mean" in taken


def test_the_head_keeps_its_start():
    """A head that is excepted stays as it was, also where the source's has another shape."""
    source, model = Crossed(), Crossed()
    source.out = nn.Linear(4, 7)
    before = model.out.weight.detach().clone()
    taken = take_weights(model, source.state_dict(), except_for="out")
    assert torch.equal(model.out.weight, before)
    assert torch.equal(model.first[0].weight, source.first[0].weight)
    assert not any(name.startswith("out.") for name in taken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"out.weight": torch.zeros(7, 4)}, "out.weight must have the shape (2, 4). Got (7, 4)."),
        ({}, "out.weight must have the shape (2, 4). Got nothing of that name."),
    ],
)
def test_a_source_that_does_not_fit_is_refused_whole(change, message):
    """The first tensor that differs is named, and nothing was copied before it was found."""
    model, source = Crossed(), Crossed().state_dict()
    before = copy.deepcopy(model.state_dict())
    del source["out.weight"]
    with pytest.raises(ValueError, match="must have the shape") as error:
        take_weights(model, source | change)
    assert str(error.value) == message
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_hidden_entries_are_zero_and_the_rest_stays():
    """The share is about met, 0 hides nothing and 1 hides all."""
    x = torch.rand(200, 3, 10, 10) + 1
    out = hide(x, 0.3, torch.Generator().manual_seed(0))
    assert torch.equal(out[out != 0], x[out != 0])
    assert (out == 0).double().mean() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(hide(x, 0.0), x)
    assert not hide(x, 1.0).any()


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_bad_share_is_named(share):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="share must be") as error:
        hide(torch.ones(2), share)
    assert str(error.value) == f"share must be from 0 to 1. Got {share}."


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Linear(3, 2), "model must have layers below its head. Got 1 in all."),
        (
            nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)),
            "the last layer must be linear. Got BatchNorm1d.",
        ),
    ],
)
def test_a_network_without_a_head_is_named(model, message):
    """The message says what was found."""
    with pytest.raises(ValueError, match="must") as error:
        head_of(model, torch.zeros(2, 3))
    assert str(error.value) == message


def test_the_body_knows_the_source_task_and_the_head_is_untouched():
    """On the source's data a head trained alone does better on this body than on a random one."""
    recipe = target(25)
    data, source = recipe.peek(), LOWER_DIGITS(0)
    torch.manual_seed(0)
    model = recipe.model(data)
    random = copy.deepcopy(model)
    assert pretrained(model, data, recipe, LOWER_DIGITS, epochs=5, lr=3e-3, share=0.5) is model
    assert torch.equal(model[-1].weight, random[-1].weight)
    assert not torch.equal(model[0].weight, random[0].weight)
    losses = []
    for network in (model, random):
        body = network[:-1].requires_grad_(False)
        head = nn.Sequential(body, nn.Linear(128, 5))
        optimizer = torch.optim.Adam(head[1].parameters(), lr=1e-2)
        for _ in range(30):
            optimizer.zero_grad()
            nn.functional.cross_entropy(head(source.train.x), source.train.y).backward()
            optimizer.step()
        losses.append(evaluate(head, source.val, source)[0])
    assert losses[0] < 0.7 * losses[1]


def test_without_a_source_it_sees_no_validation_input():
    """It learns from training and unlabelled inputs, 899 digits in all."""
    data = few(50).peek()
    seen = {row.numpy().tobytes() for row in inputs_of(data)}
    assert len(inputs_of(data)) == 899
    assert not any(row.numpy().tobytes() in seen for row in data.val.x)


def test_no_source_step_is_no_change():
    """With a vanishing rate the run is the one from the random start."""
    recipe = few(50).replace(epochs=3, lr=1e-12)
    start = apply(recipe, source=LOWER_DIGITS, epochs=1).replace(lr=1e-3)
    plain, started = train(recipe.replace(lr=1e-3)).final, train(start).final
    assert started == pytest.approx(plain, rel=1e-5)


def test_a_source_of_another_shape_is_refused():
    """Weights for images fit no table."""
    table = few().replace(data=Part(breast_cancer))
    with pytest.raises(NotApplicable) as error:
        apply(table, source=LOWER_DIGITS)
    assert str(error.value) == "the source's inputs have the shape (1, 8, 8), not (30,)."


def codes(seed):
    """Return data whose inputs are whole numbers."""
    made = few(50).data(seed)
    train = Split(made.train.x.long(), made.train.y)
    return dataclasses.replace(made, train=train, unlabelled=made.unlabelled.long())


def body_of_two(data):  # noqa: ARG001 (a model part is given it)
    """Return a network that reads codes."""
    return nn.Sequential(nn.Embedding(20, 3), nn.Flatten(), nn.Linear(192, 10))


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (
            few().replace(data=Part(codes), model=Part(body_of_two)),
            "it learns from measurements first, and the inputs are codes.",
        ),
        (
            short().replace(data=Part(LOWER_DIGITS.make)),
            "it learns from inputs without labels first, and the data have none.",
        ),
        (
            short().replace(model=Part(linear)),
            "model must have layers below its head. Got 1 in all.",
        ),
    ],
)
def test_it_says_why_it_does_not_fit(recipe, reason):
    """Without anything to learn from, or anything to keep, it refuses."""
    with pytest.raises(NotApplicable) as error:
        apply(recipe)
    assert str(error.value) == reason
