"""Less regularization: what is turned down, and what is left."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.lab.models import mlp
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import few, short
from catalog.lab.train import train
from catalog.loss.label_smoothing.experiment import apply as smoothed
from catalog.loss.less_regularization.experiment import apply
from catalog.loss.less_regularization.reference import (
    reduce_dropout,
    reduce_label_smoothing,
    reduce_weight_decay,
)
from catalog.loss.regularization.experiment import apply as smooth
from catalog.optimization.dropout.experiment import apply as thinned
from catalog.optimization.weight_averaging_ema.experiment import apply as averaged


def network():
    """Return a network with a dropout of each kind, and with none."""
    return nn.ModuleList(
        [
            nn.Dropout(0.4),
            nn.Dropout2d(0.2),
            nn.MultiheadAttention(4, 2, dropout=0.1),
            nn.LSTM(2, 2, num_layers=2, dropout=0.3),
            nn.Dropout(0.0),
            nn.Linear(2, 2),
        ]
    )


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0])
def test_every_dropout_is_multiplied(factor):
    """Those of torch's own layers too; one that is off is not counted."""
    model = network()
    assert reduce_dropout(model, factor) == 4
    ps = [model[0].p, model[1].p, model[2].dropout, model[3].dropout, model[4].p]
    assert ps == [factor * p for p in (0.4, 0.2, 0.1, 0.3, 0.0)]


def test_without_dropout_training_and_evaluation_agree():
    """In training mode the network computes what it computes in evaluation mode."""
    torch.manual_seed(0)
    model = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, batch_first=True)
    x = torch.randn(2, 3, 4)
    assert not torch.allclose(model(x), model(x))
    reduce_dropout(model)
    trained = model(x)
    torch.testing.assert_close(trained, model.eval()(x))


def test_the_decay_of_each_group_is_multiplied():
    """Groups without a decay are left, and so are optimizers that have none."""
    w = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    optimizer = torch.optim.AdamW([{"params": w[:1], "weight_decay": 0.0}, {"params": w[1:]}])
    assert reduce_weight_decay(optimizer, 0.1) == 1
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.0, 0.01 * 0.1]
    assert reduce_weight_decay(torch.optim.LBFGS(w)) == 0


def test_the_smoothing_of_a_loss_is_multiplied():
    """With none left the loss is the plain cross-entropy; other losses have none to count."""
    loss = nn.CrossEntropyLoss(label_smoothing=0.2)
    logits, y = torch.randn(5, 3), torch.tensor([0, 2, 1, 1, 0])
    assert reduce_label_smoothing(nn.ModuleList([loss, nn.MSELoss()]), 0.5) == 1
    assert loss.label_smoothing == 0.1
    assert reduce_label_smoothing(loss) == 1
    assert torch.equal(loss(logits, y), nn.functional.cross_entropy(logits, y))
    assert reduce_label_smoothing(loss) == 0


@pytest.mark.parametrize("call", [reduce_dropout, reduce_weight_decay, reduce_label_smoothing])
def test_a_bad_factor_is_named(call):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="factor must be") as error:
        call(None, 1.5)
    assert str(error.value) == "factor must be from 0 to 1. Got 1.5."


def noise(x, y, generator):
    """Return noisy inputs, an augmentation."""
    return x + torch.randn(x.shape, generator=generator), y


@pytest.mark.parametrize(
    "more",
    [
        few(),
        thinned(few()),
        smooth(few()),
        smoothed(few()),
        few().replace(loss=Part(nn.functional.cross_entropy, label_smoothing=0.2)),
        few().plus(augmentation=Part(noise)),
        few().replace(optimizer=Part(torch.optim.Adam, weight_decay=0.3)),
        few().replace(model=Part(mlp, dropout=Part(nn.Dropout, p=0.5))),
    ],
    ids=[
        "none",
        "dropout",
        "slope",
        "smoothing",
        "torch's",
        "augmentation",
        "decay",
        "own dropout",
    ],
)
def test_it_takes_each_of_them_away(more):
    """The run is then that of the plain recipe, to the last bit."""
    brief = {"epochs": 3, "evaluate_every": 3}
    plain = train(few().replace(**brief)).final
    if more == few():
        with pytest.raises(NotApplicable, match="it has no penalty"):
            apply(more)
        return
    assert train(more.replace(**brief)).final != plain
    assert train(apply(more).replace(**brief)).final == plain


def test_what_is_no_regularization_stays():
    """An average of the weights is still taken."""
    recipe = averaged(thinned(short()))
    assert apply(recipe) == averaged(short())
