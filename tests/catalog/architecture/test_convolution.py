"""Convolution, against torch's own."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catalog.architecture.convolution.experiment import apply, moved_digits, parameter_count
from catalog.architecture.convolution.reference import Conv2d, conv2d, unfold
from catalog.lab.data import digits
from catalog.lab.models import untrained
from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import images, short

SETTINGS = [
    {},
    {"padding": 2},
    {"stride": 2},
    {"stride": 3, "padding": 1},
    {"dilation": 2},
    {"stride": 2, "padding": 3, "dilation": 2},
    {"groups": 2},
    {"groups": 6},
    {"stride": 2, "padding": 1, "dilation": 2, "groups": 3},
]


def drawn(*shape):
    """Draw float64 numbers, the same for the same shape."""
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_it_is_torch_s_convolution(kernel, settings):
    """Value and gradients are those of `conv2d`, on an image that is not square."""
    weight_shape = (12, 6 // settings.get("groups", 1), kernel, kernel)
    grads = []
    values = []
    for convolve in (conv2d, F.conv2d):
        x, weight, bias = drawn(2, 6, 9, 7), drawn(*weight_shape), drawn(12)
        inputs = [tensor.requires_grad_() for tensor in (x, weight, bias)]
        y = convolve(x, weight, bias, **settings)
        grads.append(torch.autograd.grad((y * y.sin()).sum(), inputs))
        values.append(y)
    torch.testing.assert_close(values[0], values[1])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_columns_are_torch_s():
    """What each place sees is what torch's unfold gives."""
    x = drawn(2, 3, 8, 6)
    ours = unfold(x, 3, stride=2, padding=1, dilation=2)
    theirs = F.unfold(x, 3, stride=2, padding=1, dilation=2)
    torch.testing.assert_close(ours.reshape(theirs.shape), theirs)


def test_a_filter_of_one_leaves_the_image():
    """The neutral filter is a 1 in the middle."""
    x = drawn(2, 1, 5, 5)
    weight = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    weight[0, 0, 1, 1] = 1
    assert torch.equal(conv2d(x, weight, padding=1), x)


def test_the_output_moves_with_the_input():
    """A pattern away from the border that moves by one place moves the output by one place."""
    x = torch.zeros(1, 2, 12, 12, dtype=torch.float64)
    x[:, :, 4:7, 4:7] = drawn(1, 2, 3, 3)
    weight = drawn(3, 2, 3, 3)
    moved = conv2d(x.roll((1, 2), (2, 3)), weight, padding=1)
    torch.testing.assert_close(moved, conv2d(x, weight, padding=1).roll((1, 2), (2, 3)))


def test_the_layer_is_torch_s_layer():
    """It has the same parameters, so that weights go both ways, and the same output."""
    ours = Conv2d(4, 6, kernel_size=3, stride=2, padding=1, groups=2)
    theirs = nn.Conv2d(4, 6, kernel_size=3, stride=2, padding=1, groups=2)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 4, 9, 9)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": 0}, "stride must be at least 1. Got 0."),
        ({"padding": -1}, "padding must be at least 0. Got -1."),
        ({"dilation": 0}, "dilation must be at least 1. Got 0."),
        ({"groups": 0}, "groups must be at least 1. Got 0."),
        (
            {"groups": 2},
            "weight must be for 2 groups of the 4 channels. Got 6 filters of 4 channels.",
        ),
        (
            {"dilation": 5},
            "the filter reaches over 11 and must fit into the padded image. Got 9 by 8.",
        ),
    ],
)
def test_a_bad_setting_is_named(settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must") as error:
        conv2d(drawn(1, 4, 9, 8), drawn(6, 4, 3, 3), **settings)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stride": (1, 2)}, "stride must be one number for both sides. Got (1, 2)."),
        ({"padding": "same"}, "padding must be one number for both sides. Got 'same'."),
        ({"padding_mode": "circular"}, "padding_mode must be 'zeros'. Got 'circular'."),
    ],
)
def test_what_the_layer_lacks_is_named(settings, message):
    """A setting of torch's layer that it does not compute is not passed over."""
    with pytest.raises(ValueError, match="must be") as error:
        Conv2d(1, 1, 3, **settings)(torch.zeros(1, 1, 5, 5))
    assert str(error.value) == message


def test_filters_that_are_not_square_are_named():
    """The side of a filter is one number."""
    with pytest.raises(ValueError, match="square") as error:
        conv2d(drawn(1, 1, 5, 5), drawn(1, 1, 2, 3))
    assert str(error.value) == "weight must hold square filters. Got 2 by 3."


def test_it_is_applied_at_about_the_same_size():
    """The convolutional network has the parameters of the one before, within a tenth."""
    before, after = (parameter_count(untrained(recipe)) for recipe in (short(), apply(short())))
    assert abs(after / before - 1) < 0.1


def test_a_convolutional_network_is_left():
    """There is nothing to replace."""
    with pytest.raises(NotApplicable, match="has convolutions already"):
        apply(images())


def test_moved_digits_are_moved_by_a_pixel_at_most():
    """Each image is one of the nine moves of its original, and each move occurs."""
    still, moved = digits(1, n_train=200).train, moved_digits(1, n_train=200).train
    padded = F.pad(still.x, (1, 1, 1, 1))
    moves = torch.stack([padded[:, :, i : i + 8, j : j + 8] for i in range(3) for j in range(3)], 1)
    same = (moves == moved.x[:, None]).flatten(2).all(2)  # (n, 9)
    assert same.any(1).all()
    assert same.any(0).all()
    assert torch.equal(still.y, moved.y)


def test_permuted_pixels_are_the_same_pixels_in_one_order():
    """One permutation takes all images to their permuted form, those that validate too."""
    plain, mixed = moved_digits(1, n_train=200), moved_digits(1, n_train=200, permuted=True)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(plain.val.x.flatten(1).sum(1), mixed.val.x.flatten(1).sum(1))
    assert not torch.equal(plain.train.x, mixed.train.x)
    assert torch.equal(mixed.train.x.flatten(1), plain.train.x.flatten(1)[:, order])
    assert torch.equal(mixed.val.x.flatten(1), plain.val.x.flatten(1)[:, order])
