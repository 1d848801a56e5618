"""SpecAugment: masks over stretches of time and of frequency in a spectrogram.

Source: Park et al., 2019, https://arxiv.org/abs/1904.08779, section 2.

    f ~ Uniform{0..F},  f_0 ~ Uniform{0..ν - f}     bands [f_0, f_0 + f) of ν are masked
    t ~ Uniform{0..T},  t_0 ~ Uniform{0..τ - t}     times [t_0, t_0 + t) of τ are masked

Masked values become the mean of the spectrogram, which is the zero of the paper's normalized ones.
Time warping, of which the paper's authors say that it adds little, is left out. Every example has
masks of its own.
"""

from __future__ import annotations

import torch
from torch import Tensor


def stretch_mask(
    spectrograms: Tensor, size: int, widest: int, generator: torch.Generator | None = None
) -> Tensor:
    """Return (n, size) booleans, true on one stretch of up to `widest` in each row."""
    n, device = len(spectrograms), spectrograms.device
    share = torch.rand(2, n, generator=generator, device=device)
    width = (share[0] * (widest + 1)).long()  # f, 0 to F
    start = (share[1] * (size - width + 1)).long()  # f_0, 0 to ν - f
    place = torch.arange(size, device=device)
    return (place >= start[:, None]) & (place < (start + width)[:, None])


def specaugment(
    spectrograms: Tensor,
    time_width: int,
    frequency_width: int,
    masks: int = 1,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Mask stretches of each spectrogram.

    Args:
        spectrograms: (n, times, bands).
        time_width: T, the widest mask in time; at most the number of times.
        frequency_width: F, the widest mask in frequency; at most the number of bands.
        masks: How many of each kind.
        generator: For what is drawn, on the spectrograms' device.

    Raises:
        ValueError: If a setting is out of its range.
    """
    _, times, bands = spectrograms.shape
    if not 0 <= time_width <= times:
        raise ValueError(f"time_width must be from 0 to {times}. Got {time_width}.")
    if not 0 <= frequency_width <= bands:
        raise ValueError(f"frequency_width must be from 0 to {bands}. Got {frequency_width}.")
    if masks < 0:
        raise ValueError(f"masks must be at least 0. Got {masks}.")
    mean = spectrograms.mean((1, 2), keepdim=True)
    out = spectrograms
    for _ in range(masks):
        in_time = stretch_mask(spectrograms, times, time_width, generator)  # (n, τ)
        in_band = stretch_mask(spectrograms, bands, frequency_width, generator)  # (n, ν)
        out = torch.where(in_time[:, :, None] | in_band[:, None, :], mean, out)
    return out
