"""Speech augmentation: another volume, another speed, another pitch.

Sources: speed by resampling, Ko et al., 2015, https://doi.org/10.21437/Interspeech.2015-711,
section 2. Pitch by stretching in time with a phase vocoder, Flanagan and Golden, 1966,
https://doi.org/10.1002/j.1538-7305.1966.tb01706.x, and resampling.

    volume  x'(t) = g x(t)
    speed   x'(t) = x(f t)                  f > 1: shorter and higher
    pitch   stretch the sound to r times its length at the same pitch, then play it r times as fast
            X'_k = |X(k / r)| exp(i φ_k),  φ_{k+1} = φ_k + arg X(⌊k/r⌋ + 1) - arg X(⌊k/r⌋)

Sounds are (n, channels, samples) and keep their length: what a faster one lacks is silence, and a
slower one is cut off. Each sound has a factor of its own, drawn evenly in its logarithm. A phase
vocoder treats each band by itself: it blurs beginnings, and makes sounds a little softer.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def draw_factors(
    sounds: Tensor, limits: tuple[float, float], name: str, generator: torch.Generator | None
) -> Tensor:
    """Return (n,) factors between the limits, evenly spread in their logarithm.

    Raises:
        ValueError: If the limits are out of their range.
    """
    if not 0 < limits[0] <= limits[1] < math.inf:
        raise ValueError(f"{name} must be two rising numbers above 0. Got {limits}.")
    share = torch.rand(len(sounds), generator=generator, device=sounds.device)
    low, high = math.log(limits[0]), math.log(limits[1])
    return torch.exp(low + (high - low) * share).to(sounds.dtype)


def resample(sounds: Tensor, factor: Tensor, samples: int | None = None) -> Tensor:
    """Return x(f t), neighbouring samples joined by straight lines; silence after the end.

    Args:
        sounds: (n, channels, samples).
        factor: f, (n,), above 0.
        samples: How many to return; None for as many as there are.
    """
    _, channels, length = sounds.shape
    time = torch.arange(samples or length, device=sounds.device, dtype=sounds.dtype)
    place = factor[:, None] * time  # f t, (n, samples)
    before = place.floor().clamp(max=length - 1)
    share = (place - before)[:, None]  # (n, 1, samples)
    first = before.long()[:, None].expand(-1, channels, -1)
    second = (first + 1).clamp(max=length - 1)
    joined = (1 - share) * sounds.gather(2, first) + share * sounds.gather(2, second)
    return torch.where(place[:, None] <= length - 1, joined, 0)


def stretch(sounds: Tensor, factor: Tensor, frame: int = 256, hop: int = 64) -> Tensor:
    """Return sounds that last r times as long at the same pitch, by a phase vocoder.

    Args:
        sounds: (n, channels, samples).
        factor: r, (n,), above 0; the longest sets the length for all, the others end in silence.
        frame: Samples in each spectrum.
        hop: Samples from one spectrum to the next.
    """
    n, channels, _ = sounds.shape
    window = torch.hann_window(frame, device=sounds.device, dtype=sounds.dtype)
    spectra = torch.stft(
        sounds.flatten(0, 1), frame, hop, window=window, pad_mode="constant", return_complex=True
    )  # X, (n channels, bands, times)
    times = spectra.shape[2]
    rate = factor.repeat_interleave(channels)[:, None]  # r, (n channels, 1)
    longest = math.ceil((times - 1) * float(factor.max())) + 1
    place = torch.arange(longest, device=sounds.device) / rate  # k / r
    is_sound = place <= times - 1
    before = place.floor().clamp(max=times - 2).long()
    share = (place - before).clamp(max=1)[:, None]
    index = before[:, None].expand(-1, spectra.shape[1], -1)
    first, second = spectra.gather(2, index), spectra.gather(2, index + 1)
    size = (1 - share) * first.abs() + share * second.abs()  # |X(k / r)|
    turn = second.angle() - first.angle()
    start = spectra[:, :, :1].angle()
    phase = torch.cat([start, start + turn.cumsum(2)[:, :, :-1]], dim=2)  # φ_k
    stretched = torch.polar(torch.where(is_sound[:, None], size, 0), phase)
    out = torch.istft(stretched, frame, hop, window=window, length=hop * (longest - 1))
    return out.view(n, channels, -1)


def change_volume(
    sounds: Tensor,
    gain: tuple[float, float] = (0.5, 2.0),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Make each sound louder or softer.

    Args:
        sounds: (n, channels, samples).
        gain: Least and largest factor g on the amplitude.
        generator: For what is drawn, on the sounds' device.

    Raises:
        ValueError: If the limits are out of their range.
    """
    return draw_factors(sounds, gain, "gain", generator)[:, None, None] * sounds


def change_speed(
    sounds: Tensor,
    speed: tuple[float, float] = (0.9, 1.1),
    generator: torch.Generator | None = None,
) -> Tensor:
    """Play each sound faster or slower, and so higher or lower.

    Args:
        sounds: (n, channels, samples).
        speed: Least and largest factor f.
        generator: For what is drawn, on the sounds' device.

    Raises:
        ValueError: If the limits are out of their range.
    """
    return resample(sounds, draw_factors(sounds, speed, "speed", generator))


def shift_pitch(
    sounds: Tensor,
    ratio: tuple[float, float] = (0.9, 1.1),
    frame: int = 256,
    hop: int = 64,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Raise or lower the pitch of each sound, which lasts as long as before.

    Args:
        sounds: (n, channels, samples).
        ratio: Least and largest factor r on the pitch; a semitone is 2 to the power of 1/12.
        frame: Samples in each spectrum.
        hop: Samples from one spectrum to the next, at most a quarter of a frame.
        generator: For what is drawn, on the sounds' device.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not 1 <= hop <= frame // 4:
        raise ValueError(f"hop must be from 1 to a quarter of the frame, {frame}. Got {hop}.")
    factor = draw_factors(sounds, ratio, "ratio", generator)
    return resample(stretch(sounds, factor, frame, hop), factor, sounds.shape[2])
