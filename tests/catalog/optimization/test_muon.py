"""Muon, against torch's own for matrices, and its division of labour with AdamW."""

from __future__ import annotations

import pytest
import torch

from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import images, rows, short
from catalog.optimization.muon.experiment import apply
from catalog.optimization.muon.reference import (
    Muon,
    MuonWithAdamW,
    hidden_matrices,
    newton_schulz,
)

OPTIONS = [
    {},
    {"lr": 0.05},
    {"lr": 0.05, "weight_decay": 0.0},
    {"lr": 0.05, "momentum": 0.5},
    {"lr": 0.05, "nesterov": False},
    {"lr": 0.05, "momentum": 0.0},
    {"lr": 0.05, "ns_steps": 2, "ns_coefficients": (1.5, -0.5, 0.0)},
    {"lr": 0.05, "eps": 10.0},
    {"lr": 0.05, "scale": "match_rms_adamw"},
]


@pytest.mark.parametrize("shape", [(4, 5), (6, 2), (3, 3)], ids=str)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_it_walks_as_torch_s_does(shape, options):
    """Sixty steps of a matrix end where torch's end, whatever the options."""
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(shape, generator=generator, dtype=torch.float64)
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    named = {"adjust_lr_fn" if k == "scale" else k: v for k, v in options.items()}
    optimizers = Muon([ours], **options), torch.optim.Muon([theirs], **named)
    for _ in range(60):
        noise = torch.randn(shape, generator=generator, dtype=torch.float64)
        for x, optimizer in zip((ours, theirs), optimizers, strict=True):
            optimizer.zero_grad()
            ((x - 1).pow(4).sum() + (noise * x).sum()).backward()
            optimizer.step()
    assert not torch.equal(ours, start)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("shape", [(4, 7), (7, 4)], ids=str)
def test_it_maps_each_singular_value_by_the_polynomial(shape):
    """The singular vectors stay, and the values go through aσ + bσ³ + cσ⁵ five times."""
    matrix = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    u, values, vt = torch.linalg.svd(matrix, full_matrices=False)
    values = values / values.norm()
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    expected = u @ values.diag() @ vt
    torch.testing.assert_close(newton_schulz(matrix, dtype=None), expected)


def test_the_result_is_nearly_orthogonal():
    """Of a matrix with singular values from 0.01 to 1, all come out between 0.6 and 1.3."""
    generator = torch.Generator().manual_seed(0)
    u, _ = torch.linalg.qr(torch.randn(20, 20, generator=generator))
    matrix = u @ torch.logspace(-2, 0, 20).diag() @ u.T.roll(1, 0)
    values = torch.linalg.svdvals(newton_schulz(matrix).float())
    assert float(values.min()) > 0.6
    assert float(values.max()) < 1.3


def test_a_matrix_of_zeros_stays_one():
    """Nothing is divided by a length of zero."""
    assert torch.equal(newton_schulz(torch.zeros(3, 2), dtype=None), torch.zeros(3, 2))


def test_a_rate_of_zero_changes_nothing():
    """The neutral setting is no step."""
    x = torch.ones(3, 2, requires_grad=True)
    x.grad = torch.ones(3, 2)
    Muon([x], lr=0.0).step()
    assert torch.equal(x.detach(), torch.ones(3, 2))


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (short, ["2.0.weight"]),
        (images, []),
        (
            rows,
            [
                f"branches.{i}.inner.{name}.weight"
                for i in range(8)
                for name in (("qkv", "out") if i % 2 == 0 else ("0", "2"))
            ],
        ),
    ],
)
def test_it_takes_the_matrices_between_the_first_and_the_last(task, names):
    """Embeddings, heads, kernels, gains, biases and positions are left to AdamW."""
    assert hidden_matrices(list(untrained(task()).named_parameters())) == names


def test_each_part_steps_as_it_would_alone():
    """The hidden matrix goes as torch's Muon takes it, the others as torch's AdamW."""
    ours, theirs = (untrained(short()) for _ in range(2))
    hidden = theirs.get_parameter("2.0.weight")
    others = [p for p in theirs.parameters() if p is not hidden]
    composite = MuonWithAdamW(ours.named_parameters(), lr=0.01, weight_decay=0.1)
    parts = (
        torch.optim.Muon([hidden], lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=0.01, weight_decay=0.1),
    )
    x = torch.randn(20, 64, generator=torch.Generator().manual_seed(0))
    for _ in range(5):
        for network, optimizers in ((ours, [composite]), (theirs, parts)):
            network.zero_grad()
            network(x).pow(2).mean().backward()
            for optimizer in optimizers:
                optimizer.step()
    for p, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, expected, rtol=1e-4, atol=1e-5)


def named(params, **settings):
    """Put a parameter between a first and a last matrix, and call all of them weights."""
    ends = [torch.zeros(2, 2, requires_grad=True) for _ in range(2)]
    triple = [ends[0], *params, ends[1]]
    return MuonWithAdamW([(f"{i}.weight", p) for i, p in enumerate(triple)], **settings)


def test_it_goes_on_from_a_saved_state(goes_on):
    """The state holds all that the next step needs, of both parts."""
    assert goes_on(Muon, lr=0.1)
    assert goes_on(named, lr=0.1)


def test_a_network_without_hidden_matrices_is_refused():
    """A convolutional network with one linear layer has none."""
    with pytest.raises(NotApplicable, match="hidden weight matrices"):
        apply(images())
    with pytest.raises(ValueError, match="params must hold a matrix"):
        MuonWithAdamW(untrained(images()).named_parameters())


def test_parameters_without_names_are_refused():
    """The names tell hidden weights from the rest, so the message says where to get them."""
    with pytest.raises(ValueError, match="params must be pairs") as error:
        MuonWithAdamW(untrained(short()).parameters())
    assert str(error.value) == (
        "params must be pairs of name and parameter, as model.named_parameters() gives."
        " Got Parameter."
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"weight_decay": -0.1}, "weight_decay must be at least 0. Got -0.1."),
        ({"eps": float("nan")}, "eps must be at least 0. Got nan."),
        ({"momentum": 1.0}, "momentum must be at least 0 and below 1. Got 1.0."),
        ({"ns_steps": 0}, "ns_steps must be at least 1. Got 0."),
        ({"scale": "own"}, "scale must be one of original, match_rms_adamw. Got own."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Muon([torch.zeros(1, 1, requires_grad=True)], **settings)
    assert str(error.value) == message


def test_a_parameter_that_is_no_matrix_is_refused():
    """Biases and kernels have no singular values."""
    with pytest.raises(ValueError, match="params must be matrices") as error:
        Muon([torch.zeros(3, requires_grad=True)])
    assert str(error.value) == "params must be matrices. Got the shape (3,)."
