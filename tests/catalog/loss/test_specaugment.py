"""SpecAugment: the stretches that it masks, and what is left."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import rows
from catalog.loss.specaugment.experiment import apply, spectrograms
from catalog.loss.specaugment.reference import specaugment, stretch_mask


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


MANY = torch.randn(300, 10, 12, generator=seeded(1))


def test_a_stretch_has_any_width_and_place():
    """All widths up to the widest are as frequent, and all places of each width, too."""
    mask = stretch_mask(torch.zeros(6000, 1), 7, 2, seeded()).numpy()
    counts = {}
    for row in mask:
        places = np.flatnonzero(row)
        assert len(places) == 0 or np.ptp(places) == len(places) - 1
        key = (len(places), int(places[0]) if len(places) else 0)
        counts[key] = counts.get(key, 0) + 1
    assert counts.pop((0, 0)) == pytest.approx(2000, abs=150)
    assert set(counts) == {(1, s) for s in range(7)} | {(2, s) for s in range(6)}
    for (width, _), count in counts.items():
        assert count == pytest.approx(2000 / (8 - width), abs=90)


def test_masked_values_are_the_mean_and_the_rest_stays():
    """What changed is a block of whole times or whole bands of each example, with its mean."""
    out = specaugment(MANY, 4, 0, generator=seeded()).numpy()
    across = specaugment(MANY, 0, 5, generator=seeded()).numpy()
    for before, in_time, in_band in zip(MANY.numpy(), out, across, strict=True):
        changed = in_time != before
        assert (changed == changed[:, :1]).all()
        assert changed[:, 0].sum() <= 4
        np.testing.assert_allclose(in_time[changed], before.mean(), atol=1e-5)
        changed = in_band != before
        assert (changed == changed[:1]).all()
        assert changed[0].sum() <= 5
        np.testing.assert_allclose(in_band[changed], before.mean(), atol=1e-5)
    widths = (out != MANY.numpy())[:, :, 0].sum(1)
    assert set(widths.tolist()) == {0, 1, 2, 3, 4}


def test_more_masks_hide_more():
    """Two masks of each kind hide two stretches at least at times."""
    changed = specaugment(MANY, 2, 0, masks=2, generator=seeded()) != MANY
    times = changed[:, :, 0].int()
    starts = (times.diff(dim=1) > 0).sum(1) + times[:, 0]
    assert int(starts.max()) == 2
    assert int(times.sum(1).max()) == 4


def test_an_offset_is_kept():
    """Moving a spectrogram by a constant moves the masked one, its mean included."""
    torch.testing.assert_close(
        specaugment(MANY + 1e4, 4, 5, generator=seeded()) - 1e4,
        specaugment(MANY, 4, 5, generator=seeded()),
        atol=1e-2,
        rtol=0,
    )


@pytest.mark.parametrize("settings", [(0, 0, 2), (5, 5, 0)])
def test_the_neutral_setting_changes_nothing(settings):
    """No width and no masks give the spectrograms bit by bit."""
    assert torch.equal(specaugment(MANY, *settings), MANY)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            partial(specaugment, time_width=11, frequency_width=1),
            "time_width must be from 0 to 10. Got 11.",
        ),
        (
            partial(specaugment, time_width=1, frequency_width=-1),
            "frequency_width must be from 0 to 12. Got -1.",
        ),
        (
            partial(specaugment, time_width=1, frequency_width=1, masks=-1),
            "masks must be at least 0. Got -1.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call(MANY)
    assert str(error.value) == message


def test_images_are_no_spectrograms():
    """The reason names the shape; of spectrograms the widths are shares."""
    with pytest.raises(NotApplicable) as refusal:
        apply(rows())
    assert str(refusal.value) == (
        "it masks spectrograms (times, bands), and an input has the shape (1, 8, 8)."
    )
    (part,) = apply(spectrograms(), time=0.2, frequency=0.2).augmentation
    assert part.settings == {"time_width": 3, "frequency_width": 13, "masks": 1}
