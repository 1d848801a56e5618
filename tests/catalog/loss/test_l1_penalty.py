"""The L1 penalty, against its definition, scikit-learn's lasso, and a search for the proximum."""

from __future__ import annotations

import pytest
import torch
from sklearn.linear_model import ElasticNet, Lasso

from catalog.lab.models import mlp
from catalog.lab.recipe import Part
from catalog.lab.train import train
from catalog.loss.l1_penalty.experiment import apply_proximal, regression, weights
from catalog.loss.l1_penalty.reference import elastic_net, l1_penalty, soft_threshold

GENERATOR = torch.Generator().manual_seed(4)
X = torch.randn(40, 6, dtype=torch.float64, generator=GENERATOR) + 1
Y = X[:, :1] * 2 - X[:, 1:2] + torch.randn(40, 1, dtype=torch.float64, generator=GENERATOR)


def test_it_pulls_every_entry_with_the_same_force():
    """Value and gradient, worked out by hand; an entry of zero is not pulled."""
    first = torch.tensor([[3.0, -0.5]], requires_grad=True)
    second = torch.tensor([0.0, 1e-6], requires_grad=True)
    penalty = l1_penalty([first, second], 0.5)
    penalty.backward()
    torch.testing.assert_close(penalty.detach(), torch.tensor(0.5 * (3.5 + 1e-6)))
    assert torch.equal(first.grad, torch.tensor([[0.5, -0.5]]))
    assert torch.equal(second.grad, torch.tensor([0.0, 0.5]))


def test_a_weight_of_zero_and_no_parameters_add_nothing():
    """The neutral settings are a term of zero."""
    w = torch.tensor([3.0, -0.5])
    assert float(l1_penalty([w], 0.0)) == 0.0
    assert float(l1_penalty([], 1.0)) == 0.0
    assert float(elastic_net([w], 0.0)) == 0.0


def descend(weight, l1_ratio=1.0, steps=800, lr=0.1):
    """Minimize half the mean squared error and the penalty by proximal gradient descent."""
    w = torch.zeros(6, 1, dtype=torch.float64)
    for _ in range(steps):
        w.requires_grad_()
        fit = 0.5 * (X @ w - Y).pow(2).mean()
        smooth = fit + elastic_net([w], weight * (1 - l1_ratio), 0.0)
        w = (w - lr * torch.autograd.grad(smooth, w)[0]).detach()
        soft_threshold([w], lr * weight * l1_ratio)
    return w[:, 0]


@pytest.mark.parametrize("weight", [0.05, 0.5])
def test_the_proximal_step_ends_in_the_lasso(weight):
    """Weights, zeros among them, are those of scikit-learn's coordinate descent."""
    lasso = Lasso(alpha=weight, fit_intercept=False, tol=1e-12).fit(X.numpy(), Y.numpy())
    expected = torch.from_numpy(lasso.coef_)
    ours = descend(weight)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-7)
    assert torch.equal(ours == 0, expected == 0)
    assert (ours == 0).any()


@pytest.mark.parametrize("l1_ratio", [0.2, 0.8])
def test_the_elastic_net_is_scikit_learn_s(l1_ratio):
    """Its least value is where scikit-learn finds it, and rises to all sides of it."""
    net = ElasticNet(alpha=0.5, l1_ratio=l1_ratio, fit_intercept=False, tol=1e-12)
    best = torch.from_numpy(net.fit(X.numpy(), Y.numpy()).coef_)[:, None]

    def objective(w):
        return float(0.5 * (X @ w - Y).pow(2).mean() + elastic_net([w], 0.5, l1_ratio))

    steps = 0.01 * torch.randn(200, 6, 1, dtype=torch.float64, generator=GENERATOR)
    assert all(objective(best + step) > objective(best) for step in steps)


def test_its_ends_are_the_two_penalties():
    """A ratio of 1 is the L1 penalty, a ratio of 0 half the squares."""
    w = torch.tensor([3.0, -0.5])
    torch.testing.assert_close(elastic_net([w], 0.1, 1.0), torch.tensor(0.35))
    torch.testing.assert_close(elastic_net([w], 0.1, 0.0), torch.tensor(0.05 * 9.25))


def test_the_proximal_step_is_the_least_of_what_it_weighs():
    """It minimizes |w| t + (w - v)² / 2, as a search over a grid finds."""
    grid = torch.linspace(-3, 3, 60_001, dtype=torch.float64)
    for v in (-2.0, -0.3, 0.0, 0.1, 1.7):
        w = torch.tensor([v], dtype=torch.float64)
        soft_threshold([w], 0.4)
        found = grid[(0.4 * grid.abs() + (grid - v) ** 2 / 2).argmin()]
        assert abs(float(w) - float(found)) < 1e-4
    soft_threshold([w], 0.0)
    assert abs(float(w) - 1.3) < 1e-12


def test_it_spares_biases_and_gains():
    """Of an MLP with normalization only the matrices are weights."""
    model = mlp(regression(0).peek(), widths=(8,), norm=Part(torch.nn.BatchNorm1d))
    assert [tuple(w.shape) for w in weights(model)] == [(8, 10), (1, 8)]


def test_a_proximal_run_leaves_out_useless_inputs():
    """With a strong penalty most of the columns of noise have a weight of exactly zero."""
    fit = train(apply_proximal(regression(100).replace(epochs=300), weight=0.2))
    weight = fit.model[1].weight.detach()[0]
    assert int((weight[10:] == 0).sum()) > 80
    assert float(weight[:10].abs().max()) > 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: l1_penalty([], -1.0), "weight must be at least 0. Got -1.0."),
        (lambda: elastic_net([], -1.0), "weight must be at least 0. Got -1.0."),
        (lambda: elastic_net([], 1.0, 1.5), "l1_ratio must be from 0 to 1. Got 1.5."),
        (lambda: soft_threshold([], float("nan")), "amount must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call()
    assert str(error.value) == message
