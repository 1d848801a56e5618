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
    {"lr": 0.05, "weight_decay": 0.3},
    {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True},
    {"lr": 0.05, "decoupled_weight_decay": True},
    {"lr": 0.02, "weight_decay": 0.3, "betas": (0.9, 0.5)},
    {"lr": 0.02, "weight_decay": 0.3, "decoupled_weight_decay": True, "betas": (0.9, 0.5)},
    {"lr": 1e-3, "weight_decay": 0.3, "maximize": True},
    {"lr": 1e-3, "weight_decay": 0.3, "decoupled_weight_decay": True, "maximize": True},
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


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_decoupled_decay_does_not_depend_on_the_gradients(scale):
    """Of two steps that differ in the decay alone, the difference is lr * decay * weight."""
    ends = []
    for weight_decay in (0.0, 0.5):
        x = torch.tensor([2.0, -4.0], dtype=torch.float64, requires_grad=True)
        x.grad = scale * torch.tensor([1.0, 3.0]).double()
        RAdam([x], lr=0.1, weight_decay=weight_decay, decoupled_weight_decay=True).step()
        ends.append(x.detach())
    torch.testing.assert_close(ends[1] - ends[0], -0.05 * torch.tensor([2.0, -4.0]).double())


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step."""
    positions = walk(RAdam, lr=0.0)
    assert torch.equal(positions[0], positions[-1])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_decay": 0.3},
        {"weight_decay": 0.3, "decoupled_weight_decay": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.9, 0.9)])
def test_it_goes_on_from_a_saved_state(goes_on, betas, options):
    """The state holds all that the next step needs."""
    assert goes_on(RAdam, lr=0.1, betas=betas, **options)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"betas": (0.9, 1.0)}, "betas must be at least 0 and below 1. Got (0.9, 1.0)."),
        ({"eps": float("nan")}, "eps must be at least 0. Got nan."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"weight_decay": float("nan")}, "weight_decay must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        RAdam([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
