"""What the losses are compared with."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diagnose.references import References, label_smoothing_floor


@pytest.mark.parametrize("classes", [2, 10, 1000])
@pytest.mark.parametrize("smoothing", [0.05, 0.1, 0.5])
def test_the_floor_is_the_entropy_of_the_smoothed_target(smoothing, classes):
    """No prediction does better than the target itself."""
    target = np.full(classes, smoothing / classes)
    target[0] += 1 - smoothing
    assert label_smoothing_floor(smoothing, classes) == pytest.approx(
        -(target * np.log(target)).sum()
    )


def test_no_smoothing_has_no_floor():
    """A one-hot target can be met exactly."""
    assert label_smoothing_floor(0.0, 10) == 0.0


def test_the_constant_predictor_of_classes_is_their_logarithm():
    """Balanced classes: ln K nats."""
    assert References(classes=10).constant_loss == pytest.approx(math.log(10))
    assert References(target_variance=3.5).constant_loss == 3.5
    assert References().constant_loss is None


@pytest.mark.parametrize(("width", "fits"), [(None, None), (9, True), (8, False)])
def test_a_network_contains_the_linear_model_from_its_rank_on(width, fits):
    """Ten classes need nine dimensions."""
    assert References(classes=10, narrowest_layer=width).linear_fits_inside is fits
