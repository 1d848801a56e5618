"""AdamW, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.adamw.reference import AdamW

OPTIONS = [
    {},
    {"lr": 0.05, "weight_decay": 0.5},
    {"lr": 0.05, "weight_decay": 0.0},
    {"lr": 0.05, "betas": (0.5, 0.9), "eps": 0.1},
    {"lr": 0.05, "amsgrad": True},
    {"lr": 1e-3, "maximize": True, "weight_decay": 0.5, "amsgrad": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's end, whatever the options."""
    torch.testing.assert_close(
        walk(AdamW, **options), walk(torch.optim.AdamW, **options), rtol=0, atol=1e-9
    )


def test_without_decay_it_is_adam(walk):
    """The neutral setting of the decay leaves torch's Adam."""
    torch.testing.assert_close(
        walk(AdamW, lr=0.05, weight_decay=0.0), walk(torch.optim.Adam, lr=0.05)
    )


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_decay_does_not_depend_on_the_gradients(scale):
    """Of two steps that differ in the decay alone, the difference is lr * decay * weight."""
    ends = []
    for weight_decay in (0.0, 0.5):
        x = torch.tensor([2.0, -4.0], dtype=torch.float64, requires_grad=True)
        x.grad = scale * torch.tensor([1.0, 3.0]).double()
        AdamW([x], lr=0.1, weight_decay=weight_decay).step()
        ends.append(x.detach())
    torch.testing.assert_close(ends[1] - ends[0], -0.05 * torch.tensor([2.0, -4.0]).double())


def test_a_rate_of_zero_changes_nothing(walk):
    """The decay goes with the rate, too."""
    positions = walk(AdamW, lr=0.0, weight_decay=0.5)
    assert torch.equal(positions[0], positions[-1])


def test_it_goes_on_from_a_saved_state(goes_on):
    """The state holds all that the next step needs."""
    assert goes_on(AdamW, lr=0.1, weight_decay=0.3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"betas": (0.9, 1.0)}, "betas must be at least 0 and below 1. Got (0.9, 1.0)."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        AdamW([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
