"""Adam, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.adam.reference import Adam

OPTIONS = [
    {},
    {"lr": 0.05},
    {"lr": 0.05, "betas": (0.5, 0.9)},
    {"lr": 0.05, "betas": (0.0, 0.0)},
    {"lr": 0.05, "eps": 0.1},
    {"lr": 0.05, "weight_decay": 0.1},
    {"lr": 0.05, "amsgrad": True},
    {"lr": 1e-3, "maximize": True, "weight_decay": 0.1, "amsgrad": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's end, whatever the options."""
    torch.testing.assert_close(
        walk(Adam, **options), walk(torch.optim.Adam, **options), rtol=0, atol=1e-9
    )


def test_a_first_step_has_the_size_of_the_rate():
    """Both means are corrected for their start, so the first step is lr times the sign."""
    x = torch.tensor([3.0, -200.0, 1e-3], dtype=torch.float64, requires_grad=True)
    before = x.detach().clone()
    (x**2).sum().backward()
    Adam([x], lr=0.1, eps=0.0).step()
    torch.testing.assert_close(x.detach() - before, -0.1 * before.sign())


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(Adam, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize("amsgrad", [False, True])
def test_it_goes_on_from_a_saved_state(goes_on, amsgrad):
    """The state holds all that the next step needs."""
    assert goes_on(Adam, lr=0.1, amsgrad=amsgrad)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"lr": float("nan")}, "lr must be at least 0. Got nan."),
        ({"betas": (1.0, 0.9)}, "betas must be at least 0 and below 1. Got (1.0, 0.9)."),
        ({"eps": -1e-8}, "eps must be at least 0. Got -1e-08."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Adam([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
