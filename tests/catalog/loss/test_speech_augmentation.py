"""Speech augmentation, on sines whose pitch and length are known."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch

from catalog.lab.recipe import NotApplicable
from catalog.lab.tasks import recordings, short
from catalog.loss.speech_augmentation.experiment import apply
from catalog.loss.speech_augmentation.reference import (
    change_speed,
    change_volume,
    resample,
    shift_pitch,
    stretch,
)

SAMPLES = 4096


def seeded(seed=0):
    """Return a generator."""
    return torch.Generator().manual_seed(seed)


def sine(*frequencies):
    """Return sines of some cycles a sample, (n, 1, samples)."""
    time = torch.arange(SAMPLES, dtype=torch.float64)
    return torch.stack([torch.sin(2 * math.pi * f * time) for f in frequencies])[:, None]


def pitch_of(sound):
    """Return the cycles a sample at which numpy's spectrum is largest."""
    window = np.hanning(len(sound))
    size = np.abs(np.fft.rfft(sound.numpy() * window, 16 * len(sound)))
    return size.argmax() / (16 * len(sound))


def test_a_volume_scales_all_samples():
    """Each sound is the old one times its own factor, from the whole range in equal ratios."""
    sounds = torch.randn(600, 2, 30, generator=seeded())
    ratio = change_volume(sounds, (0.5, 2.0), seeded(1)) / sounds
    gain = ratio[:, 0, 0]
    torch.testing.assert_close(ratio, gain[:, None, None].expand_as(ratio))
    assert 0.5 <= gain.min() < 0.52
    assert 1.95 < gain.max() <= 2.0001
    assert float(gain.log().mean()) == pytest.approx(0.0, abs=0.05)


def test_resampling_is_numpy_s_interpolation():
    """Each channel is read at its own factor; after the end there is silence."""
    sounds = torch.randn(3, 2, 50, generator=seeded(), dtype=torch.float64)
    factor = torch.tensor([0.7, 1.0, 1.9], dtype=torch.float64)
    out = resample(sounds, factor)
    for i in range(3):
        for channel in range(2):
            place = float(factor[i]) * np.arange(50)
            expected = np.interp(place, np.arange(50), sounds[i, channel], right=0.0)
            np.testing.assert_allclose(out[i, channel], expected, atol=1e-12)


def test_a_speed_changes_pitch_and_length():
    """At 1.25 a sine is a quarter higher, and silent for the last fifth."""
    fast = change_speed(sine(0.04), (1.25, 1.25))[0, 0]
    assert pitch_of(fast[:3200]) == pytest.approx(0.05, rel=0.005)
    end = math.ceil(SAMPLES / 1.25)
    assert not fast[end:].any()
    assert fast[end - 60 : end].abs().max() > 0.9


def test_a_stretch_keeps_the_pitch():
    """Sines of two pitches last 1.5 and 0.75 times as long, and about as loud as before."""
    long, brief = stretch(sine(0.03, 0.11), torch.tensor([1.5, 0.75]))[:, 0]
    assert pitch_of(long[:SAMPLES]) == pytest.approx(0.03, rel=0.005)
    assert pitch_of(brief[:3000]) == pytest.approx(0.11, rel=0.005)
    assert len(long) == pytest.approx(1.5 * SAMPLES, abs=128)
    assert float(long[1000:5000].std()) == pytest.approx(math.sqrt(0.5), rel=0.15)
    # Half a frame fades out.
    assert brief[3072 + 128 :].abs().max() < 0.01
    assert brief[2800:2940].abs().max() > 0.9


@pytest.mark.parametrize("ratio", [0.8, 1.0, 1.3])
def test_a_pitch_changes_and_the_length_does_not(ratio):
    """A sine is higher by the ratio, from the start to the end."""
    out = shift_pitch(sine(0.05), (ratio, ratio))[0, 0]
    assert out.shape == (SAMPLES,)
    assert pitch_of(out[300:-300]) == pytest.approx(0.05 * ratio, rel=0.005)
    assert out[-400:-200].abs().max() > 0.8
    assert out[200:400].abs().max() > 0.8


def test_a_factor_of_one_changes_nothing():
    """The neutral settings give the sounds back, the phase vocoder up to rounding."""
    sounds = torch.randn(4, 2, 1024, generator=seeded(), dtype=torch.float64)
    assert torch.equal(change_volume(sounds, (1.0, 1.0)), sounds)
    assert torch.equal(change_speed(sounds, (1.0, 1.0)), sounds)
    torch.testing.assert_close(shift_pitch(sounds, (1.0, 1.0)), sounds, atol=1e-9, rtol=0)


@pytest.mark.parametrize("change", [change_volume, change_speed, shift_pitch])
def test_each_sound_is_drawn_by_itself(change):
    """Equal sounds come out different, and the generator alone decides."""
    same = sine(0.05).float().expand(3, -1, -1)
    out = change(same, generator=seeded())
    assert not torch.equal(out[0], out[1])
    assert torch.equal(out, change(same, generator=seeded()))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            partial(change_volume, gain=(0.0, 1.0)),
            "gain must be two rising numbers above 0. Got (0.0, 1.0).",
        ),
        (
            partial(change_speed, speed=(1.2, 1.1)),
            "speed must be two rising numbers above 0. Got (1.2, 1.1).",
        ),
        (
            partial(shift_pitch, ratio=(1.0, float("nan"))),
            "ratio must be two rising numbers above 0. Got (1.0, nan).",
        ),
        (
            partial(shift_pitch, hop=100),
            "hop must be from 1 to a quarter of the frame, 256. Got 100.",
        ),
    ],
)
def test_a_bad_setting_is_named(call, message):
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="must be") as error:
        call(sine(0.1))
    assert str(error.value) == message


def test_images_are_no_recordings():
    """The reason names the shape; recordings are taken."""
    with pytest.raises(NotApplicable) as refusal:
        apply(short())
    assert str(refusal.value) == (
        "it alters recordings (channels, samples), and an input has the shape (1, 8, 8)."
    )
    (part,) = apply(recordings(), pitch=(0.9, 1.1)).augmentation
    x, y = recordings().peek().train
    altered, targets = part(x, y, seeded())
    assert altered.shape == x.shape
    assert torch.equal(targets, y)
    assert torch.isfinite(altered).all()
