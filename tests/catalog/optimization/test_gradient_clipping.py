"""Gradient clipping, against torch's own and against a loop over units."""

from __future__ import annotations

import pytest
import torch

from catalog.optimization.gradient_clipping.reference import (
    clip_adaptively,
    clip_by_norm,
    clip_by_value,
)

SHAPES = [(4, 5), (6,), (3, 2, 2, 2), ()]


def parameters(scale=1.0):
    """Return parameters with gradients, and one that has none."""
    generator = torch.Generator().manual_seed(3)

    def draw(shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    out = [draw(shape).requires_grad_() for shape in SHAPES]
    for p in out:
        p.grad = scale * draw(p.shape)
    return [*out, torch.zeros(2, requires_grad=True)]


def gradients(tensors):
    """Return the gradients that there are."""
    return [p.grad for p in tensors if p.grad is not None]


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
@pytest.mark.parametrize("max_norm", [0.0, 0.5, 2.0])
def test_the_norm_is_clipped_as_torch_does(scale, max_norm):
    """The same norm is returned, and the same gradients are left, up to torch's 1e-6."""
    ours, theirs = parameters(scale), parameters(scale)
    norm = clip_by_norm(ours, max_norm)
    torch.testing.assert_close(norm, torch.nn.utils.clip_grad_norm_(theirs, max_norm))
    for g, expected in zip(gradients(ours), gradients(theirs), strict=True):
        torch.testing.assert_close(g, expected, rtol=1e-5, atol=1e-9)


def test_a_short_gradient_is_left_to_the_last_bit():
    """The neutral setting is a limit that is not reached."""
    ours, before = parameters(), parameters()
    clip_by_norm(ours, 1e6)
    clip_by_value(ours, 1e6)
    clip_adaptively(ours, 1e6)
    for g, expected in zip(gradients(ours), gradients(before), strict=True):
        assert torch.equal(g, expected)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_norm_that_is_not_finite_is_told_and_spoils_nothing(bad):
    """Only the entry that was broken stays broken."""
    ours = parameters()
    ours[0].grad[0, 0] = bad
    before = [g.clone() for g in gradients(ours)]
    assert not clip_by_norm(ours, 0.1).isfinite()
    for g, expected in zip(gradients(ours), before, strict=True):
        assert torch.equal(g.nan_to_num(-7), expected.nan_to_num(-7))


@pytest.mark.parametrize("max_value", [0.0, 0.3, 1.0])
def test_values_are_clipped_as_torch_does(max_value):
    """Each entry is cut by itself."""
    ours, theirs = parameters(), parameters()
    clip_by_value(ours, max_value)
    torch.nn.utils.clip_grad_value_(theirs, max_value)
    for g, expected in zip(gradients(ours), gradients(theirs), strict=True):
        assert torch.equal(g, expected)


@pytest.mark.parametrize("max_ratio", [0.0, 0.1, 1.0])
def test_each_unit_is_clipped_by_its_own_weights(max_ratio):
    """A loop over rows and filters cuts the same gradients; vectors are one unit."""
    ours, theirs = parameters(), parameters()
    clip_adaptively(ours, max_ratio, eps=0.5)
    for p in theirs:
        if p.grad is None:
            continue
        units = list(zip(p.data, p.grad, strict=True)) if p.dim() > 1 else [(p.data, p.grad)]
        for weights, gradient in units:
            length = gradient.square().sum().item() ** 0.5
            limit = max_ratio * max(weights.square().sum().item() ** 0.5, 0.5)
            if length > limit:
                gradient *= limit / length
    for g, expected in zip(gradients(ours), gradients(theirs), strict=True):
        torch.testing.assert_close(g, expected)


def test_weights_of_zero_can_still_move():
    """The least norm eps lets a layer that starts at zero learn."""
    w = torch.zeros(2, 3, requires_grad=True)
    w.grad = torch.ones(2, 3)
    clip_adaptively([w], max_ratio=0.5, eps=0.1)
    torch.testing.assert_close(w.grad.norm(dim=1), torch.full((2,), 0.05))


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value, clip_adaptively])
def test_gradients_of_zero_stay_zero(clip):
    """Nothing is divided by a norm of zero."""
    w = torch.ones(2, 3, requires_grad=True)
    w.grad = torch.zeros(2, 3)
    clip([w], 0.0)
    assert torch.equal(w.grad, torch.zeros(2, 3))


def test_without_gradients_the_norm_is_zero():
    """There is nothing to clip."""
    assert float(clip_by_norm([torch.ones(2)], 1.0)) == 0.0


@pytest.mark.parametrize(
    ("clip", "settings", "message"),
    [
        (clip_by_norm, {"max_norm": -1.0}, "max_norm must be at least 0. Got -1.0."),
        (clip_by_value, {"max_value": -1.0}, "max_value must be at least 0. Got -1.0."),
        (clip_adaptively, {"max_ratio": -1.0}, "max_ratio must be at least 0. Got -1.0."),
        (clip_adaptively, {"eps": float("nan")}, "eps must be at least 0. Got nan."),
    ],
)
def test_a_bad_setting_is_named(clip, settings, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        clip(parameters(), **settings)
    assert str(error.value) == message
