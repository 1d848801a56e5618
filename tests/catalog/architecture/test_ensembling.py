"""Ensembling, against the mean of probabilities written out."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.ensembling.experiment import apply
from catalog.architecture.ensembling.reference import Ensemble, mean_log_probabilities
from catalog.lab.data import diabetes
from catalog.lab.models import mlp
from catalog.lab.recipe import Part, Recipe
from catalog.lab.tasks import short
from catalog.lab.train import predict, train

LOGITS = torch.randn(3, 20, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 3


def test_its_softmax_is_the_mean_of_the_softmaxes():
    """What is averaged are probabilities, and not logits."""
    p = mean_log_probabilities(LOGITS).softmax(1)
    expected = sum(logits.exp() / logits.exp().sum(1, keepdim=True) for logits in LOGITS) / 3
    torch.testing.assert_close(p, expected)
    assert (p - LOGITS.mean(0).softmax(1)).abs().max() > 0.05


def test_sure_members_that_disagree_give_a_finite_loss():
    """Probabilities that round to zero do not become minus infinity."""
    logits = torch.tensor([[[500.0, 0.0]], [[0.0, 500.0]]])
    torch.testing.assert_close(mean_log_probabilities(logits).exp(), torch.full((1, 2), 0.5))


def test_one_member_predicts_as_it_does_alone():
    """The probabilities of an ensemble of one are its own, and its outputs too."""
    model, x = nn.Linear(5, 3), torch.randn(7, 5)
    torch.testing.assert_close(Ensemble([model])(x).softmax(1), model(x).softmax(1))
    torch.testing.assert_close(Ensemble([model], "outputs")(x), model(x))


def test_numbers_are_averaged_as_they_are():
    """The mean of linear layers is the layer of the mean weights."""
    members, x = [nn.Linear(5, 2) for _ in range(4)], torch.randn(7, 5)
    weight = sum(m.weight for m in members) / 4
    bias = sum(m.bias for m in members) / 4
    torch.testing.assert_close(Ensemble(members, "outputs")(x), x @ weight.T + bias)


def _brief() -> Recipe:
    return short(10).replace(seed=4)


def test_members_are_trained_on_the_same_data_from_other_starts():
    """Each fits the one training set; no two are alike, and the first is the run's own."""
    fit, alone = train(apply(_brief(), members=3)), train(_brief())
    members = list(fit.model.members)
    x = alone.data.val.x
    assert torch.equal(predict(members[0], x), predict(alone.model, x))
    outputs = [predict(member, x) for member in members]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert (outputs[first] - outputs[second]).abs().max() > 0.01
    torch.testing.assert_close(predict(fit.model, x), mean_log_probabilities(torch.stack(outputs)))


_SEEN: list[torch.Tensor] = []


def _watch(model, data, recipe):  # noqa: ARG001
    _SEEN.append(data.val.x)
    return model


def test_no_member_is_trained_on_what_validates():
    """Each of them gets the split of the run's seed."""
    _SEEN.clear()
    train(apply(_brief().plus(start=Part(_watch)), members=3))
    assert len(_SEEN) == 3
    assert all(torch.equal(x, _SEEN[0]) for x in _SEEN)


def test_an_ensemble_of_regressions_averages_outputs():
    """Its output is the mean of its members', negative values too."""
    recipe = Recipe(
        data=Part(diabetes), model=Part(mlp), optimizer=Part(torch.optim.SGD), lr=0.01, epochs=2
    )
    fit = train(apply(recipe, members=2))
    x = fit.data.val.x
    expected = torch.stack([predict(m, x) for m in fit.model.members]).mean(0)
    torch.testing.assert_close(predict(fit.model, x), expected)
    assert expected.min() < 0


def test_bad_settings_are_named():
    """The messages say what is allowed and what came."""
    with pytest.raises(ValueError, match="members must be") as error:
        Ensemble([])
    assert str(error.value) == "members must be at least 1 network. Got 0."
    with pytest.raises(ValueError, match="average must be") as error:
        Ensemble([nn.Linear(1, 1)], "logits")
    assert str(error.value) == "average must be probabilities or outputs. Got logits."
    with pytest.raises(ValueError, match="members must be") as error:
        apply(short(), members=0)
    assert str(error.value) == "members must be at least 1. Got 0."
