"""Data sets that need no download: scikit-learn's bundled ones, and seeded generators.

Each function takes a seed and settings and returns a `Data`. Nothing is cached but the raw tables.
"""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import sklearn.datasets
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional as F

from catalog.lab.recipe import Part

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


class Split(NamedTuple):
    """Examples: inputs (n, ...) float32; targets (n,) int64 classes, or (n, k) float32 values."""

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.x)

    def take(self, indices: Tensor | slice) -> Split:
        """Return some of the examples."""
        return Split(self.x[indices], self.y[indices])


@dataclasses.dataclass(frozen=True)
class Data:
    """A split data set.

    Attributes:
        task: `classification` (targets are class numbers) or `regression`.
        train: What is trained on.
        val: What is validated on; never trained on.
        outputs: The number of classes, or of target values.
        unlabelled: Further inputs without targets, or None.
        test: A third split for techniques that use the validation set up, or None.
    """

    task: Literal["classification", "regression"]
    train: Split
    val: Split
    outputs: int
    unlabelled: Tensor | None = None
    test: Split | None = None

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of one example."""
        return tuple(self.train.x.shape[1:])

    def to(self, device: str | torch.device) -> Data:
        """Return the data on a device."""

        def move(split: Split) -> Split:
            return Split(split.x.to(device), split.y.to(device))

        return dataclasses.replace(
            self,
            train=move(self.train),
            val=move(self.val),
            unlabelled=None if self.unlabelled is None else self.unlabelled.to(device),
            test=None if self.test is None else move(self.test),
        )

    def constant_losses(self) -> tuple[float, float]:
        """Return the training and validation loss of the best prediction that ignores the input.

        It predicts the training set's class shares, or its mean target.
        """
        if self.task == "regression":
            guess = self.train.y.mean(0, keepdim=True)
            return tuple(  # type: ignore[return-value]
                float(F.mse_loss(guess.expand_as(s.y), s.y)) for s in (self.train, self.val)
            )
        counts = torch.bincount(self.train.y, minlength=self.outputs).double()
        # A class absent from the training set gets half a count: the loss stays finite.
        logits = counts.clamp(min=0.5).log()
        return tuple(  # type: ignore[return-value]
            float(F.cross_entropy(logits.expand(len(s), -1), s.y)) for s in (self.train, self.val)
        )


@cache
def _bundled(name: str) -> tuple[FloatArray, FloatArray]:
    table = getattr(sklearn.datasets, f"load_{name}")()
    return table.data, table.target


def _split(classes: FloatArray | None, count: int, n_train: int, seed: int) -> tuple[Any, Any, Any]:
    """Return the rows that train, those left over, and the half that validates.

    Each class has about the same share in all of them.

    Raises:
        ValueError: If half of the rows are fewer than `n_train`.
    """
    half = (count + 1) // 2
    if not 2 <= n_train <= half:
        raise ValueError(f"n_train must be from 2 to {half}. Got {n_train}.")
    rows, val = train_test_split(
        np.arange(count), train_size=half, random_state=seed, stratify=classes
    )
    if n_train == half:
        return rows, rows[:0], val
    train, rest = train_test_split(
        rows,
        train_size=n_train,
        random_state=seed,
        stratify=None if classes is None else classes[rows],
    )
    return train, rest, val


def _noisy(y: FloatArray, share: float, classes: int, seed: int) -> FloatArray:
    """Return labels of which a share was redrawn among the other classes."""
    rng = np.random.default_rng([seed, 13])
    wrong = rng.permutation(len(y))[: round(share * len(y))]
    out = y.copy()
    out[wrong] = (out[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return out


def _classification(
    x: FloatArray, y: FloatArray, seed: int, n_train: int, label_noise: float
) -> Data:
    train, rest, val = _split(y, len(y), n_train, seed)
    y = y.astype(np.int64)
    classes = len(np.unique(y))
    labels = _noisy(y[train], label_noise, classes, seed)
    return Data(
        "classification",
        Split(_tensor(x[train]), torch.from_numpy(labels)),
        Split(_tensor(x[val]), torch.from_numpy(y[val])),
        classes,
        unlabelled=_tensor(x[rest]) if len(rest) else None,
    )


def _tensor(x: FloatArray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))


def _standardized(x: FloatArray, rows: Any) -> FloatArray:
    """Scale columns to mean 0 and variance 1 on some rows."""
    spread = x[rows].std(0)
    scaled: FloatArray = (x - x[rows].mean(0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def digits(
    seed: int,
    n_train: int = 899,
    label_noise: float = 0.0,
    classes: tuple[int, ...] = (),
    rare: int = 0,
) -> Data:
    """Return scikit-learn's 1,797 handwritten digits as (1, 8, 8) images between 0 and 1.

    Half of them validate; of the other half `n_train` train and the rest are unlabelled.

    Args:
        seed: Of the split and of the label noise.
        n_train: Training examples, at most 899.
        label_noise: Share of the training labels that is redrawn among the other classes.
        classes: Keep these digits only, renumbered from 0 in this order; all if empty.
        rare: Keep this many training examples of each class in the upper half of the numbers;
            all if 0. The validation set stays balanced.
    """
    x, y = _bundled("digits")
    x = (x / 16.0).reshape(-1, 1, 8, 8)
    if classes:
        keep = np.isin(y, classes)
        x = x[keep]
        y = np.array([classes.index(label) for label in y[keep]], dtype=np.float64)
    data = _classification(x, y, seed, n_train, label_noise)
    return dataclasses.replace(data, train=_imbalanced(data, rare)) if rare else data


def _imbalanced(data: Data, rare: int) -> Split:
    """Return the training set with the first `rare` examples of each class in the upper half."""
    y = data.train.y
    nth = F.one_hot(y, data.outputs).cumsum(0).gather(1, y[:, None])[:, 0]  # from 1 in each class
    return data.train.take((y < data.outputs // 2) | (nth <= rare))


def breast_cancer(
    seed: int, n_train: int = 285, label_noise: float = 0.0, scaled: bool = True
) -> Data:
    """Return 569 tumours of 30 measurements in two classes; half of them validate.

    Args:
        seed: Of the split and of the label noise.
        n_train: Training examples, at most 285.
        label_noise: Share of the training labels that is redrawn.
        scaled: Standardize the columns by the training rows; else they span 0.001 to 4,000.
    """
    x, y = _bundled("breast_cancer")
    if scaled:
        x = _standardized(x, _split(y, len(y), n_train, seed)[0])
    return _classification(x, y, seed, n_train, label_noise)


def diabetes(
    seed: int,
    n_train: int = 221,
    scaled: bool = True,
    outliers: float = 0.0,
    useless: int = 0,
) -> Data:
    """Return 442 patients of 10 measurements and the progression of their disease; half validate.

    Args:
        seed: Of the split and of what is drawn.
        n_train: Training examples, at most 221.
        scaled: Standardize inputs and target by the training rows; else the target is 25 to 346.
        outliers: Share of the training targets that gets normal noise of 10 standard deviations.
        useless: Columns of standard normal noise added to the inputs.
    """
    x, y = _bundled("diabetes")
    rng = np.random.default_rng([seed, 17])
    y = y[:, None]
    if useless:
        x = np.hstack([x, rng.standard_normal((len(x), useless)) * x.std()])
    train, _, val = _split(None, len(y), n_train, seed)
    if scaled:
        x, y = _standardized(x, train), _standardized(y, train)
    targets = y[train].copy()
    hit = rng.permutation(n_train)[: round(outliers * n_train)]
    targets[hit] += 10 * targets.std() * rng.standard_normal((len(hit), 1))
    return Data(
        "regression",
        Split(_tensor(x[train]), _tensor(targets)),
        Split(_tensor(x[val]), _tensor(y[val])),
        1,
    )


def adding(
    seed: int, n_train: int = 512, n_val: int = 512, length: int = 30, shortest: int | None = None
) -> Data:
    """Return the adding task: sum the two marked numbers of a sequence.

    Inputs are (length, 2): uniform numbers and the two marks; the target is their sum, whose
    variance is 1/6. Source: Hochreiter and Schmidhuber, 1997, section 5.4.

    Args:
        seed: Of all that is drawn.
        n_train: Training examples.
        n_val: Validation examples.
        length: Time steps.
        shortest: Let the sequences differ in length, from this on, at least 2; the shorter ones
            begin with zeros. None for one length.
    """
    rng = np.random.default_rng([seed, 19])
    n = n_train + n_val
    x = np.zeros((n, length, 2))
    x[:, :, 0] = rng.random((n, length))
    first = rng.integers(0, length // 2, n)
    second = rng.integers(length // 2, length, n)
    if shortest is not None:
        if not 2 <= shortest <= length:
            raise ValueError(f"shortest must be from 2 to {length}. Got {shortest}.")
        lengths = rng.integers(shortest, length + 1, n)
        blank = length - lengths
        x[np.arange(length) < blank[:, None]] = 0.0
        first = blank + rng.integers(0, lengths // 2)
        second = blank + rng.integers(lengths // 2, lengths)
    x[np.arange(n), first, 1] = 1.0
    x[np.arange(n), second, 1] = 1.0
    y = (x[:, :, 0] * x[:, :, 1]).sum(1, keepdims=True)
    return Data(
        "regression",
        Split(_tensor(x[:n_train]), _tensor(y[:n_train])),
        Split(_tensor(x[n_train:]), _tensor(y[n_train:])),
        1,
    )


def bowl(
    seed: int,
    curvatures: tuple[float, float] = (4000.0, 1.0),
    angle: float = 0.0,
    n_train: int = 32,
    n_val: int = 32,
) -> Data:
    """Return a linear regression without noise whose loss is an exact quadratic bowl.

    With the weights w of a linear model without bias, and the true ones w*, the mean squared error
    on either split is (w - w*)ᵀ H (w - w*) / 2, where H has the curvatures given, along the axes
    turned by the angle. Large and unlike curvatures are features of unlike size; an angle makes
    them correlated instead.

    Args:
        seed: Of the inputs and of w*, whose entries along the bowl's axes are 1 to 2 in size.
        curvatures: Eigenvalues of H, above 0.
        angle: Degrees by which the bowl's axes are turned away from those of the weights.
        n_train: Training examples, at least 3.
        n_val: Validation examples, at least 3.
    """
    rng = np.random.default_rng([seed, 23])
    turn = np.deg2rad(angle)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])  # in rows
    weights = axes.T @ (rng.choice([-1.0, 1.0], 2) * rng.uniform(1, 2, 2))  # w*

    def draw(n: int) -> Split:
        table = rng.standard_normal((n, 2))
        square, _ = np.linalg.qr(table - table.mean(0))  # (n, 2), orthonormal columns
        x = np.sqrt(n / 2) * (square * np.sqrt(curvatures)) @ axes  # xᵀx / n = H / 2
        return Split(_tensor(x), _tensor((x @ weights)[:, None]))

    return Data("regression", draw(n_train), draw(n_val), 1)


def with_test(seed: int, source: Part) -> Data:
    """Return other data with half of their validation set kept apart as a test set.

    Args:
        seed: Of the source and of the halves.
        source: `(seed) -> Data`.
    """
    data: Data = source(seed)
    rows = torch.from_numpy(np.random.default_rng([seed, 29]).permutation(len(data.val)))
    half = len(rows) // 2
    return dataclasses.replace(
        data, val=data.val.take(rows[half:]), test=data.val.take(rows[:half])
    )


MELODIES = ((1.0, 1.0, 1.0), (1.0, 1.2, 1.45), (1.45, 1.2, 1.0), (1.0, 1.45, 1.0))
"""Level, rising, falling, and up and down: factors on the pitch at start, middle and end."""
SAMPLE_RATE = 8000
"""Samples a second."""


def tones(
    seed: int,
    n_train: int = 64,
    n_val: int = 400,
    label: Literal["melody", "pitch"] = "melody",
    voices: int = 4,
    as_spectrogram: bool = False,
) -> Data:
    """Return recordings of a voice that hums one of four melodies, of 1,024 samples each.

    A voice has a pitch between 400 and 1,200 hertz, a volume, and the strength of its overtone. A
    few voices train; each validation recording has another one. A recording is (1, 1024), or its
    spectrogram (time, frequency); each has white noise of its own.

    Args:
        seed: Of the voices and of the recordings.
        n_train: Training recordings.
        n_val: Validation recordings.
        label: What is told apart: the four melodies, whoever hums them; or four bands of pitch,
            whatever is hummed.
        voices: Voices that train.
        as_spectrogram: Give `spectrogram` of each recording.
    """
    if label not in ("melody", "pitch"):
        raise ValueError(f"label must be 'melody' or 'pitch'. Got {label!r}.")
    rng = np.random.default_rng([seed, 29])

    def draw(count: int, singers: int) -> Split:
        # Each voice is drawn within a quarter of the range in turn: a few voices span it.
        band = np.arange(singers) % 4
        pitch = 400 * 3 ** ((band + rng.random(singers)) / 4)
        volume = np.exp(rng.uniform(np.log(0.2), np.log(2.0), singers))
        overtone = rng.uniform(0.2, 0.8, singers)
        who = rng.permutation(np.arange(count) % singers)
        melody = rng.integers(0, len(MELODIES), count)
        moments = np.linspace(0, 1, 1024)
        factor = np.array([np.interp(moments, (0, 0.5, 1), MELODIES[m]) for m in melody])
        turns = np.cumsum(pitch[who, None] * factor, axis=1) / SAMPLE_RATE
        turns += rng.random((count, 1))  # the phase it starts with
        wave = np.sin(2 * np.pi * turns) + overtone[who, None] * np.sin(4 * np.pi * turns)
        x = volume[who, None] * wave + 0.05 * rng.standard_normal(wave.shape)
        y = torch.from_numpy((melody if label == "melody" else band[who]).astype(np.int64))
        sound = _tensor(x[:, None])
        return Split(spectrogram(sound) if as_spectrogram else sound, y)

    return Data("classification", draw(n_train, voices), draw(n_val, n_val), 4)


def spectrogram(sound: Tensor, frame: int = 128, hop: int = 64) -> Tensor:
    """Return the logarithm of the power of (n, 1, samples) over time and frequency.

    Args:
        sound: Recordings of at least a frame.
        frame: Samples in each spectrum, which has a band for each two of them and one more.
        hop: Samples from one spectrum to the next.

    Returns:
        (n, times, bands): half the natural logarithm of power, 0 for a sine of amplitude 1.
    """
    frames = sound[:, 0].unfold(1, frame, hop)  # (n, times, frame)
    window = torch.hann_window(frame, device=sound.device, dtype=sound.dtype)
    power = torch.fft.rfft(frames * window).abs().square() * (4 / frame) ** 2
    return 0.5 * torch.log(power + 1e-4)
