"""Group normalization, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from catalog.architecture.group_normalization.experiment import apply
from catalog.architecture.group_normalization.reference import GroupNorm, group_norm
from catalog.lab.models import untrained
from catalog.lab.recipe import Part
from catalog.lab.surgery import is_normalization
from catalog.lab.tasks import images

OPTIONS = [{}, {"eps": 0.1}, {"affine": False}]


def drawn(*shape, seed=5):
    """Draw float64 numbers, the same for the same shape and seed."""
    generator = torch.Generator().manual_seed(seed)
    return 3 + 2 * torch.randn(shape, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 5), (4, 6, 5, 3)], ids=str)
def test_it_is_torch_s_layer(shape, groups, options):
    """Outputs and gradients agree, and either loads the other's state."""
    ours = GroupNorm(groups, 6, **options).double()
    theirs = nn.GroupNorm(groups, 6, **options).double()
    for seed, parameter in enumerate(theirs.parameters()):
        parameter.data.copy_(drawn(*parameter.shape, seed=seed))
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(ours.state_dict())
    results = []
    for layer in (ours, theirs):
        x = drawn(*shape).requires_grad_()
        y = layer(x)
        results.append([y, *torch.autograd.grad((y * y.sin()).sum(), [x, *layer.parameters()])])
    for mine, other in zip(*results, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-9)


def test_one_channel_in_a_group_is_instance_normalization():
    """As many groups as channels normalize each map by itself."""
    x = drawn(4, 6, 5, 3)
    torch.testing.assert_close(group_norm(x, 6), nn.functional.instance_norm(x))


def test_it_is_accurate_far_from_zero():
    """At an offset of 1e4 in float32 the variance is not lost to rounding."""
    x = (drawn(9, 4, 8, 8) + 1e4).float()
    groups = x.double().view(9, 2, -1)
    centered = groups - groups.mean(2, keepdim=True)
    expected = centered / (groups.var(2, unbiased=False, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(group_norm(x, 2).double(), expected.view(x.shape), rtol=0, atol=2e-3)


def test_a_constant_group_becomes_zero():
    """Without variance nothing is divided by zero, in value or gradient."""
    x = torch.full((3, 6), 7.0, requires_grad=True)
    y = GroupNorm(2, 6)(x)
    (y * torch.arange(6.0)).sum().backward()
    assert torch.equal(y, torch.zeros(3, 6))
    assert torch.isfinite(x.grad).all()


def test_other_examples_and_groups_do_not_matter():
    """A change in one group of one example leaves all others as they were."""
    x = drawn(3, 6, 4)
    changed = x.clone()
    changed[1, 0, 2] += 1
    is_same = (group_norm(x, 2) == group_norm(changed, 2)).view(3, 2, -1).all(2)
    assert is_same.tolist() == [[True, True], [False, True], [True, True]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_groups": 0}, "num_groups must divide the number of channels. Got 0 and 6."),
        ({"num_groups": 4}, "num_groups must divide the number of channels. Got 4 and 6."),
        ({"eps": -1.0}, "eps must be at least 0. Got -1.0."),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        GroupNorm(**{"num_groups": 2, "num_channels": 6} | settings)
    assert str(error.value) == message


def test_a_bad_input_is_named():
    """Channels that happen to be divisible are still counted."""
    with pytest.raises(ValueError, match="must have") as error:
        GroupNorm(2, 6)(torch.zeros(3, 4))
    assert str(error.value) == "x must have 6 channels in its second axis. Got the shape (3, 4)."


@pytest.mark.parametrize("size", [8, 16, 12])
def test_it_takes_the_place_of_batch_normalization(size):
    """It is exchanged or inserted, in groups of a size that divides the channels."""
    expected = {8: [2, 4], 16: [1, 2], 12: [4, 8]}[size]
    plain = images()
    for recipe in (plain, plain.set_model(norm=Part(nn.BatchNorm2d))):
        model = untrained(recipe)
        for part in apply(recipe, channels_per_group=size).start:
            model = part(model, recipe.peek(), recipe)
        norms = [module for module in model.modules() if is_normalization(module)]
        assert [norm.num_groups for norm in norms] == expected
