"""Surgery: layers are found by running the network, and exchanged wherever they stand."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.architecture.skip_connection.reference import Residual
from catalog.lab.data import digits
from catalog.lab.models import cnn, mlp, untrained
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.surgery import (
    channels_of,
    exchange_normalization,
    features_of,
    insert_normalization,
    is_activation,
    is_normalization,
    layers_before_activations,
    normalizations,
    replace,
    residual_branches,
    with_normalization,
)
from catalog.lab.tasks import images, rows, short


class Written(nn.Module):
    """A network whose activations are functions, one layer of which is used twice."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(64, 20)
        self.shared = nn.Linear(20, 20)
        self.linear_only = nn.Linear(20, 20)
        self.head = nn.Linear(20, 10)

    def forward(self, x):
        """Map images to ten numbers."""
        x = F.gelu(self.first(x.flatten(1)))
        x = torch.relu(self.shared(torch.tanh(self.shared(x))))
        return self.head(self.linear_only(x) + x)


def layer_norm_after(_, shape):
    """Return a normalization of the last axis."""
    return nn.LayerNorm(shape[-1])


X = torch.rand(3, 1, 8, 8)
DATA = digits(0, n_train=50)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (untrained(short()), {"1.0": (128,), "2.0": (128,)}),
        (untrained(images()), {"0": (16, 8, 8), "3": (32, 4, 4)}),
        (untrained(rows()), {f"branches.{i}.inner.0": (8, 64) for i in (1, 3, 5, 7)}),
        (Written(), {"first": (20,), "shared": (20,)}),
        (untrained(short().set_model(norm=Part(nn.BatchNorm1d))), {}),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), {}),
    ],
    ids=["mlp", "cnn", "transformer", "functions", "normalized", "linear"],
)
def test_layers_before_activations_are_found(model, expected):
    """Modules and functions are recognized, and a normalization in between hides the layer."""
    assert layers_before_activations(model, X) == expected


def test_looking_changes_nothing():
    """Modes, running statistics, hooks and random state stay as they were."""
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(64, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.ReLU()
    )
    model[3].eval()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    layers_before_activations(model, X)
    normalizations(model, X)
    assert [m.training for m in model.modules()] == [True, True, True, True, False, True]
    assert all(
        torch.equal(a, b) for a, b in zip(before.values(), model.state_dict().values(), strict=True)
    )
    assert torch.equal(state, torch.get_rng_state())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_normalizations_are_found_in_torch_s_encoder():
    """Its fused path, that would pass its parts by, is not taken."""
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    assert normalizations(model, torch.rand(2, 5, 8)) == {"norm1": (5, 8), "norm2": (5, 8)}


def test_inserting_by_surgery_is_the_model_s_own_setting():
    """The network is the one that the lab's models build when they are given the norm."""
    model = untrained(short())
    changed = insert_normalization(model, DATA, short(), norm=layer_norm_after)
    theirs = untrained(short().set_model(norm=Part(nn.LayerNorm)))
    shapes = [p.shape for p in theirs.parameters()]
    assert [p.shape for p in changed.parameters()] == shapes
    for ours, theirs_own in zip(changed.parameters(), theirs.parameters(), strict=True):
        theirs_own.data.copy_(ours)
    torch.testing.assert_close(changed(X), theirs(X))


def test_a_shared_layer_stays_shared():
    """It is found twice and replaced once, by one module."""
    changed = insert_normalization(Written(), DATA, short(), norm=layer_norm_after)
    assert isinstance(changed.shared, nn.Sequential)
    assert sum(is_normalization(m) for m in changed.modules()) == 2
    both = nn.ModuleDict({"a": nn.ReLU()})
    both["b"] = both["a"]
    replace(both, {"a": nn.GELU()})
    assert both["a"] is both["b"]
    assert isinstance(both["b"], nn.GELU)


def test_a_network_that_is_one_module_is_replaced_whole():
    """There is no parent to put it into."""
    new = nn.Linear(2, 2)
    assert replace(nn.Linear(2, 2), {"": new}) is new


def test_what_is_new_has_the_data_type_of_the_network():
    """A network in float64 goes on in float64."""
    model = replace(nn.Sequential(nn.Linear(2, 2), nn.ReLU()).double(), {"1": nn.PReLU()})
    assert model[1].weight.dtype == torch.float64
    assert model(torch.ones(1, 2, dtype=torch.float64)).dtype == torch.float64


def test_normalizations_are_exchanged():
    """Each of a transformer's layer normalizations makes room for another."""
    changed = exchange_normalization(
        untrained(rows()), DATA, rows(), norm=lambda _, shape: nn.RMSNorm(shape[-1])
    )
    kinds = [type(m) for m in changed.modules() if is_normalization(m)]
    assert kinds == [nn.RMSNorm] * 9


def test_what_is_called_a_normalization_is_a_layer():
    """The parametrizations of torch and containers are none."""
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
    assert not any(is_normalization(m) for m in spectral.modules())
    assert is_normalization(nn.GroupNorm(1, 1))
    assert not is_normalization(nn.ReLU())


def test_activations_are_told_by_their_names():
    """Functions, methods and classes of one activation have one name."""
    for named in (F.leaky_relu, nn.LeakyReLU(), torch.tanh, torch.Tensor.sigmoid, nn.SiLU()):
        assert is_activation(named)
    for named in (F.linear, nn.Linear(1, 1), torch.add, F.dropout):
        assert not is_activation(named)


@pytest.mark.parametrize(
    ("recipe", "instead_of", "message"),
    [
        (rows(), "BatchNorm", "the network is normalized already, by LayerNorm."),
        (
            short().replace(model=Part(mlp, widths=())),
            "",
            "no layer is followed by an activation that can be recognized.",
        ),
    ],
)
def test_what_cannot_be_normalized_is_named(recipe, instead_of, message):
    """The reason says what stands in the way."""
    with pytest.raises(NotApplicable, match=r"already|recognized") as error:
        with_normalization(recipe, Part(layer_norm_after), instead_of)
    assert str(error.value) == message


def test_what_may_be_replaced_is_replaced():
    """A network with the named kind gets the exchange, a plain one the insertion."""
    assert with_normalization(rows(), Part(layer_norm_after), "LayerNorm").start == (
        Part(exchange_normalization, norm=Part(layer_norm_after)),
    )
    for model in (Part(cnn), Part(mlp)):
        changed = with_normalization(
            short().replace(model=model), Part(layer_norm_after), "LayerNorm"
        )
        assert changed.start == (Part(insert_normalization, norm=Part(layer_norm_after)),)


def test_axes_of_channels_and_features():
    """Channels come first but for tokens; features are all axes but for tokens."""
    convolution, dense, norm = nn.Conv2d(1, 4, 3), nn.Linear(3, 8), nn.LayerNorm(8)
    assert channels_of(convolution, (4, 6, 6)) == 4
    assert channels_of(dense, (8,)) == 8
    assert features_of(convolution, (4, 6, 6)) == (4, 6, 6)
    assert features_of(dense, (5, 8)) == (8,)
    assert features_of(norm, (5, 8)) == (8,)
    with pytest.raises(NotApplicable) as error:
        channels_of(dense, (5, 8))
    assert str(error.value) == (
        "channels come first in an example, and a linear layer gives the shape (5, 8)."
    )


class Block(nn.Module):
    """Two layers with one ReLU for both, added in place to the input."""

    def __init__(self, relu):
        super().__init__()
        self.first, self.second, self.relu = nn.Linear(6, 6), nn.Linear(6, 6), relu

    def forward(self, x):
        """Map (n, 6) to (n, 6)."""
        out = self.second(self.relu(self.first(x)))
        out += x
        return self.relu(out)


class Summed(nn.Module):
    """Sums that are no skip connections: with a parameter, a number, and beside each other."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(6, 6), nn.Linear(6, 6)
        self.offset = nn.Parameter(torch.ones(6))

    def forward(self, x):
        """Map (n, 6) to (n, 6)."""
        return (self.left(x) + self.right(x)) + self.offset + 1.0


RELU = nn.ReLU()
RESIDUAL = Part(Residual)
TOKENS = torch.rand(2, 5, 8)


@pytest.mark.parametrize(
    ("model", "x", "expected"),
    [
        (untrained(short().set_model(wrap=RESIDUAL)), X, [("2.block.1", "2.block")]),
        (
            untrained(rows().set_model(depth=1)),
            X,
            [
                ("branches.0.inner.out", "branches.0.inner"),
                ("branches.1.inner.2", "branches.1.inner"),
            ],
        ),
        (
            untrained(rows().set_model(depth=1, norm_first=False)),
            X,
            [
                ("branches.0.inner.out", "branches.0.inner"),
                ("branches.1.inner.2", "branches.1.inner"),
            ],
        ),
        (
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
            TOKENS,
            [("dropout1",), ("linear2", "dropout2")],
        ),
        (
            nn.Sequential(Block(RELU), Block(RELU)),
            torch.rand(2, 6),
            [("0.second",), ("1.second",)],
        ),
        (
            nn.Sequential(*(Residual(nn.Sequential(nn.Linear(6, 6), RELU)) for _ in range(2))),
            torch.rand(2, 6),
            [("0.block",), ("1.block",)],
        ),
        (Summed(), torch.rand(2, 6), []),
        (Written(), X, [("linear_only",)]),
        (untrained(short()), X, []),
    ],
    ids=[
        "mlp",
        "pre-norm",
        "post-norm",
        "torch's encoder",
        "in place",
        "one ReLU for all",
        "other sums",
        "functions",
        "plain",
    ],
)
def test_residual_branches_are_found(model, x, expected):
    """They are told by the sum with what they were computed from, however it is written."""
    assert residual_branches(model, x) == expected
