"""Adafactor, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.adafactor.reference import Adafactor

OPTIONS = [
    {},
    {"lr": 0.5},
    {"lr": 0.5, "beta2_decay": -0.3},
    {"lr": 0.5, "eps": (0.1, 1e-3)},
    {"lr": 0.5, "eps": (None, 5.0)},
    {"lr": 0.5, "d": 1.3},
    {"lr": 0.1, "weight_decay": 0.5},
    {"lr": 1e-3, "maximize": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps on a matrix and a vector end where torch's end, whatever the options."""
    torch.testing.assert_close(
        walk(Adafactor, **options), walk(torch.optim.Adafactor, **options), rtol=0, atol=1e-9
    )


def test_kernels_are_stacks_of_matrices():
    """Four axes are factored along the last two, as torch does."""
    ends = []
    for make in (Adafactor, torch.optim.Adafactor):
        x = torch.linspace(-1, 1, 48, dtype=torch.float64).reshape(2, 2, 3, 4).requires_grad_()
        optimizer = make([x], lr=0.1)
        for scale in (1.0, -0.3, 2.0):
            x.grad = (scale * x.detach()).sin()
            optimizer.step()
        ends.append(x.detach())
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=1e-12)


def test_a_matrix_keeps_one_number_per_row_and_column():
    """That is the gain: 30 + 50 numbers for 30 times 50 weights."""
    x = torch.ones(30, 50, requires_grad=True)
    x.grad = torch.ones(30, 50)
    optimizer = Adafactor([x])
    optimizer.step()
    kept = [value.numel() for value in optimizer.state[x].values() if torch.is_tensor(value)]
    assert sum(kept) == 80


def test_squares_of_rank_one_are_rebuilt_exactly():
    """Where G² is a product of rows and columns, a first step is as long for every weight."""
    x = torch.full((3, 4), 2.0, dtype=torch.float64, requires_grad=True)
    rows, columns = torch.tensor([1.0, -5.0, 1e3]), torch.tensor([1.0, 2.0, -30.0, 0.1])
    x.grad = torch.outer(rows, columns).double()
    Adafactor([x], lr=0.1).step()
    expected = 2 - 2 * 0.1 * x.grad.sign()
    torch.testing.assert_close(x.detach(), expected)


def test_a_gradient_of_zero_moves_nothing():
    """Neither row nor column divides by zero."""
    for shape in ((3, 4), (5,)):
        x = torch.ones(shape, requires_grad=True)
        x.grad = torch.zeros(shape)
        Adafactor([x], lr=0.1).step()
        assert torch.equal(x.detach(), torch.ones(shape))


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(Adafactor, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


def test_it_goes_on_from_a_saved_state(goes_on):
    """The state holds all that the next step needs."""
    assert goes_on(Adafactor, lr=0.1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"beta2_decay": 0.1}, "beta2_decay must be at most 0. Got 0.1."),
        ({"eps": (None, -1.0)}, "eps must be at least 0. Got (None, -1.0)."),
        ({"d": 0.9}, "d must be at least 1. Got 0.9."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Adafactor([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
