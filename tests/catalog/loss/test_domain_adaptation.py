"""Domain adaptation: the reversed gradient, the adversarial loss and the mixed draw."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.lab.models import transformer
from catalog.lab.recipe import NotApplicable, Part
from catalog.lab.tasks import images, rows, short
from catalog.lab.train import Batch, train
from catalog.loss.domain_adaptation.experiment import (
    Adversary,
    apply,
    hide_domain,
    mixed_order,
    shift,
    shifted_target,
)
from catalog.loss.domain_adaptation.reference import (
    adversarial_loss,
    draw_mixed,
    reversal_weight,
    reverse_gradient,
)

GENERATOR = torch.Generator().manual_seed(12)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_gradient_is_reversed_and_the_value_is_not(weight):
    """Forward it is the identity, backward it multiplies by -λ."""
    x = torch.randn(4, 3, generator=GENERATOR).requires_grad_()
    y = reverse_gradient(x, weight)
    assert torch.equal(y, x)
    (y**2).sum().backward()
    torch.testing.assert_close(x.grad, -weight * 2 * x.detach())


def test_the_weight_rises_as_in_the_source():
    """It is 0 at the start, a half where γp is ln 3, and about 1 at the end."""
    assert reversal_weight(0.0) == 0.0
    assert reversal_weight(math.log(3) / 10) == pytest.approx(0.5)
    assert 0.999 < reversal_weight(1.0) < 1


def test_it_is_the_cross_entropy_of_the_domains():
    """Source is 0 and target 1, and both count the same however many there are."""
    discriminator = nn.Linear(5, 1)
    source = torch.randn(6, 5, generator=GENERATOR)
    target = torch.randn(9, 5, generator=GENERATOR)
    expected = (
        F.binary_cross_entropy_with_logits(discriminator(source), torch.zeros(6, 1))
        + F.binary_cross_entropy_with_logits(discriminator(target), torch.ones(9, 1))
    ) / 2
    torch.testing.assert_close(adversarial_loss(source, target, discriminator), expected)


def test_the_discriminator_learns_what_the_features_hide():
    """A step down its gradient lowers the loss by the discriminator and raises it by features."""
    discriminator = nn.Linear(5, 1)
    source = torch.randn(6, 5, generator=GENERATOR).requires_grad_()
    target = torch.randn(9, 5, generator=GENERATOR).requires_grad_()
    before = adversarial_loss(source, target, discriminator)
    before.backward()
    with torch.no_grad():
        moved = [x - 0.1 * x.grad for x in (source, target)]
        assert adversarial_loss(*moved, discriminator) > before
        for parameter in discriminator.parameters():
            parameter -= 0.1 * parameter.grad
        assert adversarial_loss(source, target, discriminator) < before


def test_a_share_of_what_is_drawn_is_of_the_target():
    """Of many draws the share is the one asked for, spread over all examples."""
    is_target = torch.arange(200) >= 190
    drawn = draw_mixed(is_target, 20_000, 0.3, torch.Generator().manual_seed(0))
    # Four standard deviations of a share of 0.3 in 20,000 draws are 0.013.
    assert abs(float(is_target[drawn].double().mean()) - 0.3) < 0.013
    assert drawn.unique().numel() == 200
    alone = draw_mixed(is_target, 100, 0.0, torch.Generator().manual_seed(0))
    assert not is_target[alone].any()


@pytest.mark.parametrize("task", [short, images, rows])
def test_features_are_what_the_last_layer_gets(task):
    """The last linear layer makes the outputs from them."""
    recipe = task()
    data = recipe.peek()
    torch.manual_seed(0)
    adversary = Adversary(recipe.model(data), 8)
    x = data.val.x[:7]
    last = [m for m in adversary.model.modules() if isinstance(m, nn.Linear)][-1]
    torch.testing.assert_close(last(adversary.features(x)), adversary(x))
    assert not last._forward_pre_hooks


def test_the_batch_is_the_source_and_the_unlabelled_inputs_are_the_target():
    """With one unlabelled input the loss is that of the batch against it, and its weight is λ."""
    data = short().peek()
    data = dataclasses.replace(data, unlabelled=data.unlabelled[:1] + 1)
    torch.manual_seed(0)
    adversary = Adversary(short().model(data), 8)
    x = data.train.x[:30]
    batch = Batch(x, data.train.y[:30], adversary(x), data, 0.2, torch.Generator().manual_seed(0))
    loss = hide_domain(adversary, batch, gamma=10.0)
    source, target = adversary.features(x), adversary.features(data.unlabelled)
    expected = adversarial_loss(source, target, adversary.discriminator, reversal_weight(0.2))
    torch.testing.assert_close(loss, expected)
    layer = adversary.model[1][0].weight
    got, wanted = (torch.autograd.grad(value, layer)[0] for value in (loss, expected))
    torch.testing.assert_close(got, wanted)


def test_a_trained_network_is_left_alone_and_its_features_changed():
    """The discriminator is gone in the end, and it had an effect."""
    recipe = shift().replace(epochs=2, evaluate_every=2)
    adapted, plain = train(apply(recipe)), train(recipe)
    names = [set(dict(fit.model.named_parameters())) for fit in (adapted, plain)]
    assert names[0] == names[1]
    assert adapted.final != plain.final


def test_only_the_target_is_shifted():
    """Validation and unlabelled images, and the last training images, lose their last column."""
    source = shift().data.settings["source"]
    data, moved = source(1), shifted_target(1, source, columns=1, labelled=20)
    assert torch.equal(moved.train.x[:280], data.train.x[:280])
    for new, old in (
        (moved.val.x, data.val.x),
        (moved.unlabelled, data.unlabelled),
        (moved.train.x[280:], data.train.x[280:]),
    ):
        assert torch.equal(new[..., 1:], old[..., :-1])
        assert not new[..., 0].any()
    assert torch.equal(moved.train.y, data.train.y)


def test_an_epoch_is_half_of_the_target():
    """The last examples make up the share of an epoch that was asked for."""
    split = shift(labelled=50).peek().train
    drawn = mixed_order(split, 0, 1, torch.Generator().manual_seed(0), labelled=50, share=0.5)
    assert len(drawn) == 300
    assert 0.4 < float((drawn >= 250).double().mean()) < 0.6


class _NoLinear(nn.Module):
    """The mean pixel as every score."""

    def forward(self, x):
        return x.flatten(1).mean(1, keepdim=True).expand(-1, 10)


def _no_linear(data):  # noqa: ARG001
    return _NoLinear()


def test_what_it_needs_is_named():
    """Without target inputs or without features it is refused."""
    full = short().replace(data=short().data.set(n_train=899))
    with pytest.raises(NotApplicable) as refusal:
        apply(full)
    assert str(refusal.value) == "there are no unlabelled inputs of the target."
    with pytest.raises(NotApplicable) as refusal:
        apply(short().replace(model=Part(_no_linear)))
    assert str(refusal.value) == (
        "the network has no linear layer whose inputs could be its features."
    )


def test_applying_it_draws_no_number():
    """Torch's generator stands where it stood."""
    before = torch.get_rng_state()
    apply(short().replace(model=Part(transformer)))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reverse_gradient(torch.ones(1), -1), "weight must be at least 0. Got -1."),
        (
            lambda: draw_mixed(torch.tensor([True, False]), 1, 1.5, torch.Generator()),
            "share must be from 0 to 1. Got 1.5.",
        ),
        (
            lambda: draw_mixed(torch.tensor([True, True]), 1, 0.5, torch.Generator()),
            "is_target must hold examples of both domains. Got 2 of 2.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        call()
    assert str(error.value) == message
