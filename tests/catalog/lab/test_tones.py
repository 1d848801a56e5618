"""The hummed melodies, and the network that hears them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from catalog.lab.data import SAMPLE_RATE, spectrogram, tones
from catalog.lab.tasks import recordings


def pitch_of(sound):
    """Return the hertz at which numpy's spectrum of a stretch is largest."""
    size = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 16384))
    return size.argmax() * SAMPLE_RATE / 16384


def heard(data, split):
    """Return the pitches at the start, in the middle and at the end of each recording."""
    sounds = getattr(data, split).x[:, 0].numpy()
    return np.array([[pitch_of(s[at : at + 160]) for at in (0, 432, 864)] for s in sounds[:80]])


def test_the_melody_is_what_is_hummed():
    """Each class rises and falls as its name says, whoever hums."""
    data = tones(3, n_val=80)
    pitches = heard(data, "val")
    first, second = (pitches[:, 1:] / pitches[:, :-1]).T
    for melody, up, down in zip(data.val.y[:80].tolist(), first, second, strict=True):
        assert (up > 1.1, up < 0.9) == [(0, 0), (1, 0), (0, 1), (1, 0)][melody]
        assert (down > 1.1, down < 0.9) == [(0, 0), (1, 0), (0, 1), (0, 1)][melody]


def test_the_pitch_is_the_band_of_the_voice():
    """Bands are quarters of 400 to 1,200 hertz in logarithms, of the level melodies at least."""
    melodies, bands = tones(3, n_val=80).val.y, tones(3, n_val=80, label="pitch").val.y
    level = (melodies[:80] == 0).numpy()
    pitches = heard(tones(3, n_val=80), "val")[level].mean(1)
    place = 4 * np.log(pitches / 400) / math.log(3)
    assert np.abs(place - bands[:80].numpy()[level] - 0.5).max() < 0.6


def test_few_voices_train_and_many_validate():
    """Of recordings of the level melody few pitches are in training, many in validation."""
    data = tones(5, n_val=80, voices=4)
    for split, fewest, most in (("train", 1, 4), ("val", 12, 80)):
        level = (getattr(data, split).y[:80] == 0).numpy()
        kinds = len(set(np.round(heard(data, split)[level].mean(1) / 8).tolist()))
        assert fewest <= kinds <= most


def test_a_spectrogram_is_that_of_a_naive_transform():
    """Power over time and frequency, and zero for a sine of amplitude one."""
    time = torch.arange(400, dtype=torch.float64)
    sound = torch.sin(2 * math.pi * 10 / 64 * time)[None, None]
    out = spectrogram(sound, frame=64, hop=48)
    assert out.shape == (1, 8, 33)
    assert torch.allclose(out[0, :, 10], torch.zeros(8, dtype=torch.float64), atol=1e-3)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(64) / 64)
    frame = sound[0, 0, 96:160].numpy() * window
    turns = np.exp(-2j * np.pi * np.outer(np.arange(33), np.arange(64)) / 64)
    power = np.abs(turns @ frame) ** 2 * (4 / 64) ** 2
    np.testing.assert_allclose(out[0, 2], 0.5 * np.log(power + 1e-4), atol=1e-9)


def test_a_seed_decides_and_silence_is_finite():
    """The same seed gives the same recordings; no sound has a finite logarithm."""
    assert torch.equal(tones(1, n_val=20).train.x, tones(1, n_val=20).train.x)
    assert not torch.equal(tones(1, n_val=20).train.x, tones(2, n_val=20).train.x)
    spectra = tones(1, n_val=20, as_spectrogram=True)
    assert torch.equal(spectra.train.x, spectrogram(tones(1, n_val=20).train.x))
    assert torch.isfinite(spectrogram(torch.zeros(1, 1, 256))).all()


def test_the_network_hears_recordings():
    """Its first layer is the spectrogram, and its outputs are the four melodies."""
    recipe = recordings()
    data = recipe.peek()
    model = recipe.model(data)
    assert torch.equal(model[0](data.train.x), spectrogram(data.train.x))
    assert model(data.train.x).shape == (64, 4)


def test_another_label_is_named():
    """The message says what is allowed and what came."""
    with pytest.raises(ValueError, match="label") as error:
        tones(0, label="voice")
    assert str(error.value) == "label must be 'melody' or 'pitch'. Got 'voice'."
