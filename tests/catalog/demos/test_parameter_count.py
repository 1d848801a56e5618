"""The counts of weights, against arithmetic and a convolution written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from catalog.demos import find_demo
from catalog.demos.parameter_count import count, written_out


def test_the_lecture_s_numbers():
    """1000 x 1000 x 3 inputs to 1,000 units are 3 billion weights; 3 x 3 x 3 x 1,000 are 27,000."""
    large = count(1000)
    assert large.inputs == 3_000_000
    assert large.dense == 3_000_000_000
    assert large.shared == 27_000
    assert large.local == large.steps == 27_000 * 998**2
    assert large.maps == 1000 * 998**2


@pytest.mark.parametrize("side", [3, 10, 64])
def test_only_the_convolution_does_not_grow(side):
    """The others grow with the number of pixels."""
    assert count(side).shared == count(1000).shared
    assert count(side).dense == 3 * side * side * 1000


def test_a_convolution_is_a_fully_connected_layer_with_few_weights():
    """The matrix has nine weights, 36 times each, and does what torch's convolution does."""
    matrix, error = written_out()
    assert matrix.shape == (36, 64)
    values, repeats = np.unique(matrix[matrix != 0], return_counts=True)
    assert len(values) == 9
    assert set(repeats) == {36}
    assert error < 1e-12
    kernel = matrix[0].reshape(8, 8)[:3, :3]
    image = torch.randn(8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    expected = F.conv2d(image[None, None], torch.tensor(kernel)[None, None]).flatten()
    np.testing.assert_allclose(matrix @ image.flatten().numpy(), expected, atol=1e-12)


def test_the_sentences_say_the_counts():
    """The work is larger, and flattened maps bring the weights back."""
    told = " ".join(find_demo("parameter-count").perform().conclusions)
    for text in (
        "3,000,000,000",
        "12 GB",
        "27,000",
        f"{27_000 * 998**2:,}",
        f"{10_000 * 998**2:,}",
    ):
        assert text in told
