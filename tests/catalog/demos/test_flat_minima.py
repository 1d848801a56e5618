"""The two minima and the rescaled unit, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catalog.demos.flat_minima import SCALES, SHIFTS, curvature, loss, rescaled, rise


@pytest.mark.parametrize(("place", "width"), [(-2.0, 1.0), (2.0, 0.1)])
def test_a_minimum_rises_by_the_shift_in_widths(place, width):
    """A bell of width w that is moved by s leaves 1 - exp(-s² / 2w²)."""
    expected = 1 - np.exp(-(SHIFTS**2) / (2 * width**2))
    if width > 0.5:
        np.testing.assert_allclose(rise(place), expected, atol=1e-12)
    else:  # far from its own narrow bell a point lies in the wide one
        np.testing.assert_allclose(rise(place)[:41], expected[:41], atol=2e-3)


@pytest.mark.parametrize(("place", "width"), [(-2.0, 1.0), (2.0, 0.1)])
def test_the_curvature_is_the_inverse_square_of_the_width(place, width):
    """Both minima are at 0, and they differ in width alone."""
    point = torch.tensor([place], dtype=torch.float64)
    assert float(loss(point)) == 0
    assert curvature(loss, point) == pytest.approx(width**-2)


def test_a_rescaled_unit_is_as_sharp_as_one_likes_and_as_good():
    """The weights (s, 1/s) have the eigenvalue s² + 1/s², and the same validation loss."""
    sharpness, validation = rescaled()
    np.testing.assert_allclose(sharpness, SCALES**2 + SCALES**-2.0, rtol=1e-9)
    np.testing.assert_allclose(validation, 0.5 * 0.2**2, rtol=1e-12)
