"""Hyperparameter search: trials spread evenly over the settings' ranges, the best ones repeated.

Source of the points: Halton, 1960, https://doi.org/10.1007/BF01386213; that they suit the search:
Bousquet et al., 2017, https://arxiv.org/abs/1706.03200; the repeats: Bouthillier et al., 2021,
https://arxiv.org/abs/2103.03098.

    i = Σ_k a_k b^k            digits of i in the base b
    φ_b(i) = Σ_k a_k b^(-k-1)            the same digits behind the point, in [0, 1)
    u_i = (φ_2(i), φ_3(i), φ_5(i), ...) + shift  mod 1            one prime for each setting
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import torch

Settings = dict[str, float]


class Range(NamedTuple):
    """A setting's range.

    Attributes:
        low: The lowest value; above 0 on a log scale.
        high: The highest, above `low`.
        scale: `log` for equal ratios, `linear` for equal differences.
    """

    low: float
    high: float
    scale: Literal["log", "linear"] = "log"

    def at(self, u: float) -> float:
        """Return the value at a share u of the range, from 0 to 1.

        Raises:
            ValueError: If the range is none.
        """
        if self.scale not in ("log", "linear"):
            raise ValueError(f"scale must be log or linear. Got {self.scale}.")
        if not self.low < self.high or (self.scale == "log" and not self.low > 0):
            raise ValueError(
                "low and high must be rising, and above 0 on a log scale."
                f" Got {self.low}, {self.high}."
            )
        if self.scale == "log":
            return float(self.low * (self.high / self.low) ** u)
        return self.low + (self.high - self.low) * u


class Outcome(NamedTuple):
    """What a search found.

    Attributes:
        best: The settings with the lowest mean score.
        score: That mean.
        trials: (n,) the settings tried and the score of their first run, in the order of trial.
    """

    best: Settings
    score: float
    trials: tuple[tuple[Settings, float], ...]


def radical_inverse(i: int, base: int) -> float:
    """Return φ_b(i).

    Args:
        i: At least 0.
        base: b, at least 2.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not i >= 0:
        raise ValueError(f"i must be at least 0. Got {i}.")
    if not base >= 2:
        raise ValueError(f"base must be at least 2. Got {base}.")
    value, weight = 0.0, 1 / base
    while i:
        i, digit = divmod(i, base)  # a_k
        value += digit * weight
        weight /= base
    return value


def halton(count: int, dimensions: int, seed: int | None = None) -> list[list[float]]:
    """Return quasi-random points, (count, dimensions) in [0, 1).

    Args:
        count: Points; at least 1.
        dimensions: Settings; at least 1.
        seed: Of the shift, by which searches differ; None for no shift, from the corner 0.

    Raises:
        ValueError: If a setting is out of its range.
    """
    if not count >= 1:
        raise ValueError(f"count must be at least 1. Got {count}.")
    if not dimensions >= 1:
        raise ValueError(f"dimensions must be at least 1. Got {dimensions}.")
    primes: list[int] = []
    candidate = 2
    while len(primes) < dimensions:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    shift = [0.0] * dimensions
    if seed is not None:
        generator = torch.Generator().manual_seed(seed)
        shift = torch.rand(dimensions, generator=generator, dtype=torch.float64).tolist()
    return [
        [(radical_inverse(i, prime) + s) % 1.0 for prime, s in zip(primes, shift, strict=True)]
        for i in range(count)
    ]


def trials(space: Mapping[str, Range], count: int, seed: int = 0) -> list[Settings]:
    """Return settings to try, spread evenly over a space.

    Args:
        space: The range of each setting, by name.
        count: Trials.
        seed: Of the shift.

    Raises:
        ValueError: If a setting is out of its range.
    """
    points = halton(count, len(space), seed)
    return [
        {name: span.at(u) for (name, span), u in zip(space.items(), point, strict=True)}
        for point in points
    ]


def search(
    run: Callable[[Settings, int], float],
    tried: Sequence[Settings],
    finalists: int = 3,
    repeats: int = 2,
) -> Outcome:
    """Run every trial once, repeat the best ones from other starts, and choose by the mean.

    Args:
        run: Trains with settings and a seed, and returns a score of held-out examples to make
            low; a score that is not finite counts as the worst.
        tried: The settings.
        finalists: How many are repeated; at least 1.
        repeats: Further runs of each; 0 to choose by the first run alone.

    Raises:
        ValueError: If a setting is out of its range, or every run diverged.
    """
    if not tried:
        raise ValueError("tried must hold settings. Got none.")
    if not finalists >= 1:
        raise ValueError(f"finalists must be at least 1. Got {finalists}.")
    if not repeats >= 0:
        raise ValueError(f"repeats must be at least 0. Got {repeats}.")

    def scored(settings: Settings, seed: int) -> float:
        score = float(run(settings, seed))
        return score if math.isfinite(score) else math.inf

    first = [(settings, scored(settings, 0)) for settings in tried]
    ranked = sorted(first, key=lambda trial: trial[1])[:finalists]
    means = [
        (statistics.fmean([score, *(scored(settings, i + 1) for i in range(repeats))]), settings)
        for settings, score in ranked
    ]
    score, best = min(means, key=lambda pair: pair[0])
    if not math.isfinite(score):
        raise ValueError(f"some run must end with a finite score. Got {score}.")
    return Outcome(best, score, tuple(first))
