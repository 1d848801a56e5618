"""Shampoo, against scipy's powers of matrices, and Adagrad where the two are one."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from catalog.optimization.shampoo.reference import Shampoo


def gradients(*shape: int, count: int = 6) -> torch.Tensor:
    """Return gradients, (count, *shape)."""
    generator = torch.Generator().manual_seed(4)
    return torch.randn(count, *shape, generator=generator, dtype=torch.float64)


def run(given: torch.Tensor, **settings: object) -> np.ndarray:
    """Return the way from zero that the gradients lead."""
    x = torch.zeros(given.shape[1:], dtype=torch.float64, requires_grad=True)
    optimizer = Shampoo([x], **settings)
    for gradient in given:
        x.grad = gradient.clone()
        optimizer.step()
    return x.detach().numpy()


def power(matrix: np.ndarray, exponent: float) -> np.ndarray:
    """Return a matrix to a power, by scipy."""
    return scipy.linalg.fractional_matrix_power(matrix, exponent)


@pytest.mark.parametrize("eps", [1e-4, 1.0])
def test_a_matrix_is_rescaled_on_both_sides(eps):
    """Algorithm 1 with scipy's roots."""
    given = gradients(3, 5)
    x, left, right = np.zeros((3, 5)), eps * np.eye(3), eps * np.eye(5)
    for g in given.numpy():
        left, right = left + g @ g.T, right + g.T @ g
        x = x - 0.2 * power(left, -0.25) @ g @ power(right, -0.25)
    np.testing.assert_allclose(run(given, lr=0.2, eps=eps), x, rtol=1e-8)


def test_a_vector_is_rescaled_by_the_whole_matrix():
    """With one axis the exponent is -1/2: Adagrad with the full matrix."""
    given = gradients(4)
    x, h = np.zeros(4), 0.1 * np.eye(4)
    for g in given.numpy():
        h = h + np.outer(g, g)
        x = x - 0.2 * power(h, -0.5) @ g
    np.testing.assert_allclose(run(given, lr=0.2, eps=0.1), x, rtol=1e-8)


def test_a_tensor_is_rescaled_along_each_axis():
    """Three axes, each with its matrix to the power of -1/6, by Einstein's sums."""
    given = gradients(2, 3, 4)
    x = np.zeros((2, 3, 4))
    a, b, c = (0.1 * np.eye(n) for n in (2, 3, 4))
    for g in given.numpy():
        a = a + np.einsum("ijk,ljk->il", g, g)
        b = b + np.einsum("ijk,ilk->jl", g, g)
        c = c + np.einsum("ijk,ijl->kl", g, g)
        roots = [power(h, -1 / 6) for h in (a, b, c)]
        x = x - 0.2 * np.einsum("il,jm,kn,lmn->ijk", *roots, g)
    np.testing.assert_allclose(run(given, lr=0.2, eps=0.1), x, rtol=1e-8)


def test_a_single_number_is_stepped_as_by_adagrad():
    """Adagrad of torch, with the start of the sum for ε."""
    given = gradients()
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adagrad([x], lr=0.3, initial_accumulator_value=0.1, eps=0)
    for gradient in given:
        x.grad = gradient.clone()
        theirs.step()
    np.testing.assert_allclose(run(given, lr=0.3, eps=0.1), x.item(), rtol=1e-10)


def test_turned_rows_and_columns_turn_the_step():
    """A change of axes on either side changes nothing else, where Adagrad's steps would change."""
    given = gradients(3, 5)
    left, _ = torch.linalg.qr(gradients(3, 3)[0])
    right, _ = torch.linalg.qr(gradients(5, 5)[0])
    turned = run(left @ given @ right, lr=0.2)
    np.testing.assert_allclose(
        turned, left.numpy() @ run(given, lr=0.2) @ right.numpy(), rtol=1e-6, atol=1e-9
    )


def test_a_long_axis_keeps_its_diagonal():
    """The rows by their sums of squares, the columns by their matrix."""
    given = gradients(4, 3)
    x, rows, right = np.zeros((4, 3)), np.full(4, 0.1), 0.1 * np.eye(3)
    for g in given.numpy():
        rows, right = rows + (g**2).sum(1), right + g.T @ g
        x = x - 0.2 * np.diag(rows**-0.25) @ g @ power(right, -0.25)
    np.testing.assert_allclose(run(given, lr=0.2, eps=0.1, max_size=3), x, rtol=1e-8)


def test_between_new_roots_the_old_ones_serve():
    """At an interval of 4 the roots of the first step serve for four, of all statistics then."""
    given = gradients(3, 3)
    x, left, right = np.zeros((3, 3)), 0.1 * np.eye(3), 0.1 * np.eye(3)
    for step, g in enumerate(given.numpy()):
        left, right = left + g @ g.T, right + g.T @ g
        if step in (0, 4):
            roots = power(left, -0.25), power(right, -0.25)
        x = x - 0.2 * roots[0] @ g @ roots[1]
    np.testing.assert_allclose(run(given, lr=0.2, eps=0.1, interval=4), x, rtol=1e-8)


def test_a_rate_of_zero_changes_nothing(walk):
    """The neutral setting is no step, and ascent is descent turned around."""
    positions = walk(Shampoo, lr=0.0)
    assert torch.equal(positions[0], positions[-1])
    given = gradients(2, 2)
    np.testing.assert_allclose(run(given, lr=0.1, maximize=True), -run(given, lr=0.1))


def test_a_gradient_of_zero_moves_nothing():
    """The statistics start above zero."""
    assert (run(torch.zeros(3, 2, 2).double(), lr=0.1) == 0).all()


def test_a_gradient_that_is_not_finite_stays_visible():
    """It gives NaN and no error of the decomposition."""
    given = gradients(3, 2)
    given[2, 0, 0] = float("inf")
    assert np.isnan(run(given, lr=0.1)).all()


@pytest.mark.parametrize("interval", [1, 2])
def test_it_goes_on_from_a_saved_state(goes_on, interval):
    """The state holds all that the next step needs."""
    assert goes_on(Shampoo, lr=0.1, interval=interval)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lr": -1.0}, "lr must be at least 0. Got -1.0."),
        ({"eps": 0.0}, "eps must be above 0. Got 0.0."),
        ({"interval": 0}, "interval must be at least 1. Got 0."),
        ({"max_size": -1}, "max_size must be at least 0. Got -1."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        Shampoo([torch.zeros(1, requires_grad=True)], **settings)
    assert str(error.value) == message
