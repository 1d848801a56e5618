"""The data sets of the benchmark: each takes a seed and the number of training examples.

What is drawn has no end; what is bundled has `POOL` examples.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import sklearn.datasets
import torch
from sklearn.model_selection import train_test_split

from catalog.lab import data as lab
from catalog.lab.data import Data, Split

Array = np.ndarray[Any, np.dtype[Any]]
N_VAL = 300
"""Examples that validate, of the data sets that are drawn."""
POOL = {"breast_cancer": 285, "wine": 89, "diabetes": 221, "digits": 899}
"""The most training examples that a bundled data set has."""


def _data(x: Array, y: Array, n_train: int, outputs: int) -> Data:
    """Split examples, those that validate first; real targets are columns, classes are whole."""
    inputs = torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))
    real = y.ndim == 2
    targets = torch.from_numpy(y.astype(np.float32 if real else np.int64))
    n_val = len(x) - n_train
    return Data(
        "regression" if real else "classification",
        Split(inputs[n_val:], targets[n_val:]),
        Split(inputs[:n_val], targets[:n_val]),
        outputs,
    )


def _standardized(x: Array) -> Array:
    scaled: Array = (x - x.mean(0)) / x.std(0)
    return scaled


def wine(seed: int, n_train: int = 60) -> Data:
    """Return 178 wines of 13 measurements, standardized, in three classes; half validate."""
    x, y = sklearn.datasets.load_wine(return_X_y=True)
    rows, val = train_test_split(np.arange(len(y)), train_size=89, random_state=seed, stratify=y)
    order = np.concatenate([val, rows[:n_train]])
    return _data(_standardized(x)[order], y[order], n_train, 3)


def clusters(seed: int, n_train: int = 200) -> Data:
    """Return 20 columns, 8 of them telling, in four classes of two clusters each."""
    x, y = sklearn.datasets.make_classification(
        N_VAL + 4000,
        n_features=20,
        n_informative=8,
        n_redundant=4,
        n_classes=4,
        n_clusters_per_class=2,
        class_sep=1.3,
        flip_y=0.02,
        random_state=seed,
    )
    keep = N_VAL + n_train
    return _data(_standardized(x)[:keep], y[:keep], n_train, 4)


def spirals(seed: int, n_train: int = 200) -> Data:
    """Return points in the plane on three spirals, with noise across them."""
    rng = np.random.default_rng([seed, 1])
    n = N_VAL + n_train
    y, along = rng.integers(0, 3, n), rng.random(n)
    angle = 2 * np.pi * (y / 3 + 0.75 * along)
    radius = 0.2 + 1.6 * along
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return _data(x + 0.08 * rng.standard_normal((n, 2)), y, n_train, 3)


def friedman(seed: int, n_train: int = 200) -> Data:
    """Return Friedman's first function of ten columns, five of them telling, and noise."""
    x, y = sklearn.datasets.make_friedman1(N_VAL + 4000, noise=1.0, random_state=seed)
    keep = N_VAL + n_train
    x, y = _standardized(x), _standardized(y[:, None])
    return _data(x[:keep], y[:keep], n_train, 1)


def teacher(seed: int, n_train: int = 200) -> Data:
    """Return what a random network of 24 tanh units says of twelve columns, and noise."""
    rng = np.random.default_rng([seed, 2])
    first, second = rng.standard_normal((12, 24)) / 2, rng.standard_normal((24, 1))
    x = rng.standard_normal((N_VAL + 4000, 12))
    y = _standardized(np.tanh(x @ first) @ second) + 0.1 * rng.standard_normal((len(x), 1))
    keep = N_VAL + n_train
    return _data(x[:keep], y[:keep], n_train, 1)


def ripples(seed: int, n_train: int = 200) -> Data:
    """Return the height of a sum of plane waves over four columns, and noise."""
    rng = np.random.default_rng([seed, 3])
    waves, phases = rng.standard_normal((4, 6)), rng.random(6) * 2 * np.pi
    x = rng.standard_normal((N_VAL + 4000, 4))
    y = _standardized(np.sin(x @ waves + phases).sum(1, keepdims=True))
    keep = N_VAL + n_train
    return _data(x[:keep], (y + 0.2 * rng.standard_normal(y.shape))[:keep], n_train, 1)


def shapes(seed: int, n_train: int = 200) -> Data:
    """Return noisy pictures (1, 10, 10) of a disc, a square, a triangle or a cross, anywhere."""
    rng = np.random.default_rng([seed, 4])
    n = N_VAL + n_train
    y = rng.integers(0, 4, n)
    size = rng.uniform(2.0, 3.5, (n, 1, 1))
    middle = rng.uniform(3.0, 6.0, (2, n, 1, 1))
    rows, columns = np.mgrid[0:10, 0:10][:, None] - middle
    reach = np.maximum(abs(rows), abs(columns)) <= size
    forms = (
        rows**2 + columns**2 <= size**2,
        reach & (np.maximum(abs(rows), abs(columns)) > size - 1.2),
        reach & (abs(columns) <= (rows + size) / 2),
        reach & (np.minimum(abs(rows), abs(columns)) <= 0.7),
    )
    x = np.choose(y[:, None, None], forms) + 0.35 * rng.standard_normal((n, 10, 10))
    return _data(x[:, None], y, n_train, 4)


def gratings(seed: int, n_train: int = 200) -> Data:
    """Return noisy stripes (1, 10, 10) in one of six directions, of any phase and width."""
    rng = np.random.default_rng([seed, 5])
    n = N_VAL + n_train
    y = rng.integers(0, 6, n)
    angle = np.pi * (y + rng.uniform(-0.2, 0.2, n)) / 6
    wave = rng.uniform(0.9, 1.6, n)
    rows, columns = np.mgrid[0:10, 0:10]
    across = (np.cos(angle)[:, None, None] * columns + np.sin(angle)[:, None, None] * rows) * wave[
        :, None, None
    ]
    x = np.sin(across + 2 * np.pi * rng.random((n, 1, 1))) + 0.6 * rng.standard_normal((n, 10, 10))
    return _data(x[:, None], y, n_train, 6)


def adding(seed: int, n_train: int = 200) -> Data:
    """Return the adding task over ten numbers, its target standardized."""
    # Two draws: with one, a larger training set would reach into what validates.
    made = (
        lab.adding(2 * seed, n_train=n_train, n_val=2, length=10).train,
        lab.adding(2 * seed + 1, n_train=2, n_val=N_VAL, length=10).val,
    )
    train, val = (Split(x, (y - 1.0) * 6**0.5) for x, y in made)
    return Data("regression", train, val, 1)


def rhythms(seed: int, n_train: int = 200) -> Data:
    """Return series (14, 1) that beat with one of four periods, of any phase, and noise."""
    rng = np.random.default_rng([seed, 6])
    n = N_VAL + n_train
    y = rng.integers(0, 4, n)
    period = np.array([2.3, 3.1, 4.3, 6.0])[y] * rng.uniform(0.95, 1.05, n)
    turns = np.arange(14) / period[:, None] + rng.random((n, 1))
    x = np.sin(2 * np.pi * turns) + 0.5 * rng.standard_normal((n, 14))
    return _data(x[:, :, None], y, n_train, 4)


def brackets(seed: int, n_train: int = 200) -> Data:
    """Return strings of 12 brackets of two kinds, one-hot; is each closed as it was opened?"""
    rng = np.random.default_rng([seed, 7])
    n = N_VAL + n_train
    x = np.zeros((n, 12, 4))
    y = rng.integers(0, 2, n)
    for row in range(n):
        text: list[int] = []
        waiting: list[int] = []
        for left in range(12, 0, -1):
            opens = not waiting or (len(waiting) < left and rng.random() < 0.5)
            if opens:
                waiting.append(int(rng.integers(0, 2)))
                text.append(waiting[-1])
            else:
                text.append(2 + waiting.pop())
        if not y[row]:
            text[int(rng.integers(0, 12))] ^= 1  # the other kind, so one pair does not match
        x[row, np.arange(12), text] = 1
    return _data(x, y, n_train, 2)


def oscillator(seed: int, n_train: int = 200) -> Data:
    """Return windows (12, 1) of a noisy swing whose pull is not linear, and the value after."""
    rng = np.random.default_rng([seed, 8])
    n = N_VAL + n_train
    place, speed = rng.standard_normal((2, n))
    series = []
    for _ in range(13):
        for _ in range(4):
            speed = speed - 0.12 * (np.sin(2 * place) + 0.1 * speed)
            place = place + 0.12 * speed
        series.append(place)
    values = np.stack(series, 1) + 0.1 * rng.standard_normal((n, 13))
    values /= values[:N_VAL].std()
    return _data(values[:, :-1, None], values[:, -1:], n_train, 1)


ALPHABET = " abcdefghijklmnopqrstuvwxyz."


@cache
def _descriptions() -> Array:
    """Return the characters of scikit-learn's descriptions of its data, as numbers."""
    text = " ".join(
        getattr(sklearn.datasets, f"load_{name}")().DESCR
        for name in ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")
    ).lower()
    return np.array([ALPHABET.index(c) for c in " ".join(text.split()) if c in ALPHABET])


def _next_token(tokens: Array, starts: Array, window: int, kinds: int, n_train: int) -> Data:
    rows = tokens[starts[:, None] + np.arange(window + 1)]
    return _data(np.eye(kinds)[rows[:, :-1]], rows[:, -1], n_train, kinds)


def descriptions(seed: int, n_train: int = 400) -> Data:
    """Return ten characters of English text, one-hot (10, 28), and the one that follows.

    The last third of the text validates.
    """
    text = _descriptions()
    rng = np.random.default_rng([seed, 9])
    cut = 2 * len(text) // 3
    val = rng.choice(np.arange(cut, len(text) - 11), N_VAL, replace=False)
    train = rng.permutation(cut - 11)[:n_train]
    return _next_token(text, np.concatenate([val, train]), 10, len(ALPHABET), n_train)


def grammar(seed: int, n_train: int = 400) -> Data:
    """Return eight tokens of a random chain that looks two back, one-hot (8, 6), and the next."""
    rng = np.random.default_rng([seed, 10])
    odds = rng.dirichlet(np.full(6, 0.25), (6, 6))
    n = N_VAL + n_train
    tokens = rng.integers(0, 6, (n, 9))
    for at in range(2, 9):
        total = odds[tokens[:, at - 2], tokens[:, at - 1]].cumsum(1)
        tokens[:, at] = (rng.random((n, 1)) > total).sum(1).clip(max=5)
    return _data(np.eye(6)[tokens[:, :-1]], tokens[:, -1], n_train, 6)


def majority(seed: int, n_train: int = 400) -> Data:
    """Return ten tokens of five kinds, one-hot (10, 5), and the kind that is there most often."""
    rng = np.random.default_rng([seed, 11])
    n = N_VAL + n_train
    tokens = rng.integers(0, 5, (n, 10))
    return _data(np.eye(5)[tokens], np.eye(5)[tokens].sum(1).argmax(1), n_train, 5)


def lookup(seed: int, n_train: int = 400) -> Data:
    """Return five pairs of key and value and a key, (6, 12) one-hot; the target is its value."""
    rng = np.random.default_rng([seed, 12])
    n = N_VAL + n_train
    keys = rng.permuted(np.tile(np.arange(6), (n, 1)), axis=1)[:, :5]
    values, asked = rng.integers(0, 6, (n, 5)), rng.integers(0, 5, n)
    x = np.zeros((n, 6, 12))
    rows = np.arange(n)
    for at in range(5):
        x[rows, at, keys[:, at]] = 1
        x[rows, at, 6 + values[:, at]] = 1
    x[rows, 5, keys[rows, asked]] = 1
    return _data(x, values[rows, asked], n_train, 6)


def _glyphs(seed: int, n: int, classes: Array, part: int) -> tuple[Array, Array]:
    """Draw signs of three strokes (10, 10), moved and bent a little; the class is the sign."""
    strokes = np.random.default_rng(13).uniform(1.5, 7.5, (24, 3, 2, 2))
    rng = np.random.default_rng([seed, 14, part])
    y = rng.integers(0, len(classes), n)
    ends = strokes[classes[y]] + 0.5 * rng.standard_normal((n, 3, 2, 2))
    ends += rng.uniform(-0.8, 0.8, (n, 1, 1, 2))
    along = np.linspace(0, 1, 12)[:, None]
    dots = ends[:, :, None, 0] * (1 - along) + ends[:, :, None, 1] * along  # (n, 3, 12, 2)
    grid = np.moveaxis(np.mgrid[0:10, 0:10], 0, -1).reshape(-1, 2)
    far = ((dots.reshape(n, -1, 1, 2) - grid) ** 2).sum(-1).min(1)
    x = np.exp(-far).reshape(n, 1, 10, 10) + 0.25 * rng.standard_normal((n, 1, 10, 10))
    return x, y


def glyphs(seed: int, n_train: int = 100, source: bool = False) -> Data:
    """Return eight signs of three strokes; the source task has 16 others."""
    classes = np.arange(8, 24) if source else np.arange(8)
    parts = (_glyphs(seed, N_VAL, classes, 0), _glyphs(seed, n_train, classes, 1))
    x, y = (np.concatenate(pair) for pair in zip(*parts, strict=True))
    return _data(x, y, n_train, len(classes))


def weaves(seed: int, n_train: int = 100, source: bool = False) -> Data:
    """Return noise that one of six small filters went over, (1, 10, 10); others for the source."""
    filters = np.random.default_rng(15).standard_normal((18, 3, 3))
    own = filters[6:] if source else filters[:6]
    rng = np.random.default_rng([seed, 16])
    n = N_VAL + n_train
    y = rng.integers(0, len(own), n)
    noise = rng.standard_normal((n, 12, 12))
    shape = own / np.sqrt((own**2).sum((1, 2), keepdims=True))
    x = sum(
        shape[y][:, i, j, None, None] * noise[:, i : i + 10, j : j + 10]
        for i in range(3)
        for j in range(3)
    )
    return _data(np.asarray(x)[:, None], y, n_train, len(own))


def sensors(seed: int, n_train: int = 100, source: bool = False) -> Data:
    """Return 16 readings of hidden causes; the target is one mixture of them, others the source."""
    world = np.random.default_rng(17)
    causes, mix = world.standard_normal((6, 16)), world.standard_normal((9, 6, 10))
    heads = world.standard_normal((9, 10, 1))
    rng = np.random.default_rng([seed, 17])
    n = N_VAL + n_train
    hidden = rng.standard_normal((n, 6))
    x = np.tanh(hidden @ causes) + 0.2 * rng.standard_normal((n, 16))
    which = range(1, 9) if source else range(1)
    y = np.hstack([np.tanh(hidden @ mix[k]) @ heads[k] for k in which])
    y /= y[:N_VAL].std(0)
    return _data(x, y + 0.1 * rng.standard_normal(y.shape), n_train, y.shape[1])


SETS: dict[str, Callable[..., Data]] = {
    "breast_cancer": lab.breast_cancer,
    "wine": wine,
    "clusters": clusters,
    "spirals": spirals,
    "diabetes": lab.diabetes,
    "friedman": friedman,
    "teacher": teacher,
    "ripples": ripples,
    "digits": lab.digits,
    "shapes": shapes,
    "gratings": gratings,
    "adding": adding,
    "rhythms": rhythms,
    "brackets": brackets,
    "oscillator": oscillator,
    "descriptions": descriptions,
    "grammar": grammar,
    "majority": majority,
    "lookup": lookup,
    "glyphs": glyphs,
    "weaves": weaves,
    "sensors": sensors,
}


def spoiled(
    seed: int,  # noqa: ARG001 - a recipe's seed must not change the split
    name: str,
    n_train: int,
    split: int,
    label_noise: float = 0.0,
    shift: float = 0.0,
    raw: float = 0.0,
    raw_target: bool = False,
    outliers: float = 0.0,
) -> Data:
    """Return a data set with a fault in it.

    Args:
        seed: Not used: the split is that of `split`, whatever else a run draws.
        name: In `SETS`.
        n_train: Training examples.
        split: The seed of the data.
        label_noise: Share of all labels that is drawn anew; of a regression, the noise in
            standard deviations of the target.
        shift: Offset of the validation inputs, in standard deviations.
        raw: Spread of the columns' units, as powers of ten: each is multiplied and moved.
        raw_target: Give a regression's target in units of 50, around 200.
        outliers: Share of the training examples whose inputs are 30 times as large.
    """
    made = SETS[name](split, n_train=n_train)
    rng = np.random.default_rng([split, 18])
    splits = []
    for number, (x, y) in enumerate((made.val, made.train)):
        if shift and number == 0:
            x = x + shift * x.std() * torch.from_numpy(
                np.sign(rng.standard_normal(x.shape[1:])).astype(np.float32)
            )
        draw = np.random.default_rng([split, 19, number])
        if label_noise and made.task == "classification":
            wrong = torch.from_numpy(draw.random(len(y)) < label_noise)
            y = torch.where(wrong, torch.from_numpy(draw.integers(0, made.outputs, len(y))), y)
        elif label_noise:
            noise = draw.standard_normal(tuple(y.shape)).astype(np.float32)
            y = y + label_noise * torch.from_numpy(noise)
        splits.append((x, y))
    if raw:
        columns = made.inputs[-1:] if len(made.inputs) < 3 else (1,)
        unit = (10 ** (raw * rng.uniform(-1, 1, columns))).astype(np.float32)
        place = (unit * rng.uniform(-3, 3, columns)).astype(np.float32)
        splits = [(x * torch.from_numpy(unit) + torch.from_numpy(place), y) for x, y in splits]
    if raw_target:
        splits = [(x, 50 * y + 200) for x, y in splits]
    val, train = (Split(x, y) for x, y in splits)
    if outliers:
        hit = torch.from_numpy(np.random.default_rng([split, 20]).random(n_train) < outliers)
        train = Split(
            torch.where(hit.view(-1, *[1] * len(made.inputs)), 30 * train.x, train.x), train.y
        )
    return Data(made.task, train, val, made.outputs)
