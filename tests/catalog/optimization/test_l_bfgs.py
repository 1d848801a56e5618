"""L-BFGS, against torch's own, the matrix that it never forms, and the minimum it must find."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from catalog.optimization.l_bfgs.reference import LBFGS, newton_direction


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.3},
        {"lr": 0.01, "history_size": 5, "max_iter": 4},
        {"lr": 0.005, "history_size": 3, "max_iter": 2},
    ],
    ids=str,
)
def test_without_line_search_it_walks_as_torch_s_does(walk, options):
    """Sixty calls end where torch's end, with tolerances that never stop either."""
    options = {"max_iter": 1, **options}
    torch.testing.assert_close(
        walk(LBFGS, tolerance=0.0, line_search=False, **options),
        walk(torch.optim.LBFGS, tolerance_grad=0.0, tolerance_change=0.0, max_eval=99, **options),
        rtol=0,
        atol=1e-9,
    )


def test_a_tiny_first_step_is_not_the_last():
    """Among many large gradients it is too short to be remembered; the next ones go on from it."""
    ends = []
    for make, settings in (
        (LBFGS, {"line_search": False}),
        (torch.optim.LBFGS, {"tolerance_change": 0.0}),
    ):
        x = torch.linspace(1, 2, 500, dtype=torch.float64) * 1e6
        x.requires_grad_()
        optimizer = make([x], lr=1e-9, max_iter=1, **settings)

        def closure(x: Tensor = x) -> Tensor:
            x.grad = x.detach().clone()
            return x.detach().sum()

        for _ in range(60):
            optimizer.step(closure)
        ends.append(x.detach())
    torch.testing.assert_close(ends[0], ends[1])
    assert (ends[0] < torch.linspace(1, 2, 500).double() * 1e6 - 1e-3).all()


def pairs(count: int, size: int) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """Return a gradient, steps, and the changes of gradient that a convex bowl gives them."""
    generator = torch.Generator().manual_seed(2)
    root = torch.randn(size, size, generator=generator, dtype=torch.float64)
    hessian = root @ root.T + torch.eye(size).double()
    steps = list(torch.randn(count, size, generator=generator, dtype=torch.float64))
    gradient = torch.randn(size, generator=generator, dtype=torch.float64)
    return gradient, steps, [hessian @ s for s in steps]


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_the_direction_is_that_of_the_matrix_written_out(count):
    """The update of H, applied to H_0 pair by pair as a dense matrix, gives -H g."""
    gradient, steps, changes = pairs(count, 6)
    eye = torch.eye(6).double()
    h = eye * (steps[-1] @ changes[-1] / (changes[-1] @ changes[-1]) if steps else 1.0)
    for s, y in zip(steps, changes, strict=True):
        rho = 1 / (y @ s)
        left = eye - rho * torch.outer(s, y)
        h = left @ h @ left.T + rho * torch.outer(s, s)
    torch.testing.assert_close(newton_direction(gradient, steps, changes), -h @ gradient)


def rosenbrock(line_search: bool, calls: int) -> tuple[Tensor, int]:
    """Return where the banana-shaped valley was left, and the evaluations of it."""
    x = torch.tensor([-1.2, 1.0], dtype=torch.float64, requires_grad=True)
    optimizer = LBFGS([x], line_search=line_search)
    count = 0

    def closure() -> Tensor:
        nonlocal count
        count += 1
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        return loss

    for _ in range(calls):
        optimizer.step(closure)
    return x.detach(), count


def test_it_finds_the_bottom_of_a_curved_valley():
    """Rosenbrock's minimum at (1, 1), from the usual start, in less than a hundred evaluations."""
    x, count = rosenbrock(line_search=True, calls=3)
    torch.testing.assert_close(x, torch.ones(2).double(), rtol=0, atol=1e-6)
    assert count < 100


def test_each_iteration_lowers_the_loss_and_never_leaves_it():
    """The length of each step fulfils Armijo's condition, whatever is tried first."""
    for lr in (1e-3, 1.0, 1e3):
        x = torch.tensor([3.0, -2.0], dtype=torch.float64, requires_grad=True)
        optimizer = LBFGS([x], lr=lr, max_iter=1)

        def closure(x: Tensor = x, optimizer: LBFGS = optimizer) -> Tensor:
            optimizer.zero_grad()
            loss = (x**4).sum() + torch.cos(5 * x).sum()
            loss.backward()
            return loss

        losses = [optimizer.step(closure).item() for _ in range(12)]
        assert all(after <= before for before, after in itertools.pairwise(losses))
        assert losses[-1] < losses[0]


def test_where_no_length_helps_it_stays():
    """A gradient that lies gives no step that lowers the loss, and none is taken."""
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)

    def closure() -> Tensor:
        x.grad = -torch.ones(2).double()
        return x.sum()

    LBFGS([x]).step(closure)
    torch.testing.assert_close(x, torch.tensor([1.0, 2.0]).double())


def test_at_the_bottom_it_stops():
    """A gradient within the tolerance costs one evaluation and no step."""
    x = torch.ones(2)
    calls = []

    def closure() -> Tensor:
        calls.append(1)
        x.grad = torch.full((2,), 1e-8)
        return x.sum()

    LBFGS([x]).step(closure)
    assert len(calls) == 1
    assert torch.equal(x, torch.ones(2))


@pytest.mark.parametrize("line_search", [False, True])
def test_it_goes_on_from_a_saved_state(goes_on, line_search):
    """The state holds the pairs and the last step."""
    assert goes_on(LBFGS, lr=0.1, max_iter=3, line_search=line_search)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": 0.0}, "lr must be above 0. Got 0.0."),
        ({"max_iter": 0}, "max_iter must be at least 1. Got 0."),
        ({"history_size": 0}, "history_size must be at least 1. Got 0."),
        ({"tolerance": float("nan")}, "tolerance must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        LBFGS([torch.zeros(1)], **settings)
    assert str(error.value) == message


def test_two_groups_are_refused():
    """All parameters are one vector."""
    with pytest.raises(ValueError, match="must be") as error:
        LBFGS([{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)]}])
    assert str(error.value) == "params must be one group. Got 2."
