"""RAdam, against torch's own."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.radam.reference import RAdam, rectification

OPTIONS = [
    {},
    {"lr": 0.05},
    {"lr": 0.05, "betas": (0.5, 0.9)},
    {"lr": 0.02, "betas": (0.9, 0.5)},
    {"lr": 0.02, "betas": (0.9, 0.0)},
    {"lr": 0.05, "eps": 0.1},
    {"lr": 1e-3, "maximize": True},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(walk, options):
    """Sixty steps end where torch's end, whatever the options."""
    torch.testing.assert_close(
        walk(RAdam, **options), walk(torch.optim.RAdam, **options), rtol=0, atol=1e-9
    )


def test_the_first_steps_are_momentum_s():
    """For five steps at β₂ = 0.999 the step is lr times the corrected mean of the gradients."""
    x = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = RAdam([x], lr=0.1, betas=(0.9, 0.999))
    for _ in range(5):
        before = x.detach().clone()
        x.grad = torch.tensor([3.0, -200.0]).double()
        optimizer.step()
        torch.testing.assert_close(x.detach() - before, torch.tensor([-0.3, 20.0]).double())
    assert rectification(5, 0.999) is None
    assert rectification(6, 0.999) is not None


def test_the_steps_are_shortened_less_and_less():
    """The factor lies between 0 and 1, rises, and ends at 1."""
    factors = [rectification(t, 0.999) for t in range(6, 20_000, 7)]
    assert factors == sorted(factors)
    assert 0 < factors[0] < 0.1
    assert factors[-1] == pytest.approx(1, abs=1e-3)
    assert max(factors) <= 1


def test_a_short_average_is_never_trusted():
    """With β₂ of 0.5 the mean square never rests on enough gradients."""
    assert all(rectification(t, 0.5) is None for t in (1, 10, 1000))


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(RAdam, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.9)])
def test_it_goes_on_from_a_saved_state(goes_on, betas):
    """The state holds all that the next step needs."""
    assert goes_on(RAdam, lr=0.1, betas=betas)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"betas": (0.9, 1.0)}, "betas must be at least 0 and below 1. Got (0.9, 1.0)."),
        ({"eps": float("nan")}, "eps must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        RAdam([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
