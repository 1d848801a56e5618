"""What a line of running text says: which of its numbers are losses, counters and the like.

A line is split at its numbers. The words before a number are its label; the words before those
may say on which part of the data it was measured. Lines that differ in their numbers alone are
understood once.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from diagnose.readers.columns import (
    EPOCH_AXES,
    PERPLEXITY,
    STEP_AXES,
    TRAINING,
    VALIDATION,
    meaning,
    normalized,
    words,
)

NUMBER = re.compile(
    r"(?<![\w.@#])(?<!\w-)(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
    r"|[-+]?(?:nan|NaN|NAN|inf|Inf|INF|Infinity)(?![\w(]))"
)
"""A number, unless it is part of a word, a version or a path."""
_CUT = re.compile(r".*(?:[,|;()\[\]{}<>\t]|  | - |\. |/\s|//)", re.DOTALL)
"""What stands before the last mark that parts a label from the words before it."""
_EDGE = re.compile(r"[^\w%]+$")
_BAR = re.compile(r"[=#>.█▏▎▍▌▋▊▉━╸╺╴─┈⠀-⣿-]{4,}|[█▏▎▍▌▋▊▉]+\s*(?=\|)")
_PATHS = re.compile(r"(?<![\w./\\-])[\w./\\-]+\.(?:py|log|pth?|ckpt|txt|json|ya?ml|h5|hdf5|csv|cc|cpp)\b")
_FILLER = frozenset(
    [
        "a", "after", "array", "at", "current", "data", "dataset", "far", "for", "in", "info", "is",
        "log", "logger", "main", "mlp", "net", "network", "now", "of", "on", "output", "over",
        "result", "results", "root", "set", "so", "tensor", "the", "then", "this", "to", "value",
        "was", "with",
    ]
)  # fmt: skip
"""Words of running text that leave a label what it is."""
_COUNTERS = frozenset(
    [*STEP_AXES, "batch", "batch_index", "up", "upd", "it", "minibatch", "round", "tree", "sen"]
)
FOREIGN = (
    # The field's words in other languages, longest first where one holds another.
    ("验证", " validation "), ("驗證", " validation "), ("测试", " test "), ("測試", " test "),
    ("训练", " train "), ("訓練", " train "), ("損失", " loss "), ("损失", " loss "),
    ("准确率", " accuracy "), ("準確率", " accuracy "), ("精度", " accuracy "),
    ("学习率", " lr "), ("學習率", " lr "), ("轮次", " epoch "), ("轮", " epoch "),
    ("世代", " epoch "), ("步", " step "), ("検証", " validation "), ("学習", " train "),
    ("エポック", " epoch "), ("검증", " validation "), ("훈련", " train "), ("학습", " train "),
    ("손실", " loss "), ("에폭", " epoch "), ("에포크", " epoch "), ("정확도", " accuracy "),
    ("pérdida", "loss"), ("perdida", "loss"), ("perte", "loss"), ("perda", "loss"),
    ("verlust", "loss"), ("fehler", "loss"), ("потери", "loss"), ("потеря", "loss"),
    ("ошибка", "loss"), ("перте", "loss"), ("entrenamiento", "train"), ("treinamento", "train"),
    ("treino", "train"), ("entraînement", "train"), ("entrainement", "train"),
    ("обучения", "train"), ("обучение", "train"), ("обучающей", "train"),
    ("валидации", "validation"), ("валидация", "validation"), ("validierung", "validation"),
    ("validación", "validation"), ("validacion", "validation"), ("validação", "validation"),
    ("validacao", "validation"), ("эпоха", "epoch"), ("época", "epoch"), ("epoca", "epoch"),
    ("époque", "epoch"), ("epoche", "epoch"), ("шаг", "step"), ("schritt", "step"),
    ("étape", "step"), ("paso", "step"), ("точность", "accuracy"), ("genauigkeit", "accuracy"),
)  # fmt: skip
_FOREIGN = re.compile("|".join(re.escape(word) for word, _ in FOREIGN), re.IGNORECASE)
_ENGLISH = dict(FOREIGN)


class Item(NamedTuple):
    """One number of a line that is of use.

    Attributes:
        at: Which number of the line it is, from 0.
        name: The column it belongs to, without the part of the data.
        kind: `epoch`, `step`, `bar` (a counter without a name), or the kind of quantity.
        split: `train`, `val`, or empty where the line does not say.
        percent: Whether a percent sign follows.
    """

    at: int
    name: str
    kind: str
    split: str
    percent: bool


class Phrase(NamedTuple):
    """What all lines of one wording say.

    Attributes:
        items: The numbers that are of use.
        heading: The part of the data that a line without a quantity announces; may be empty.
        is_bar: Whether it is a progress bar whose values are running means.
    """

    items: tuple[Item, ...]
    heading: str
    is_bar: bool

    @property
    def has_quantity(self) -> bool:
        """Whether it tells a loss, an accuracy, a learning rate or the like."""
        return any(item.kind not in ("epoch", "step", "bar", "total") for item in self.items)


def wording(line: str) -> str:
    """Return a line with a zero byte for each number: its wording."""
    return NUMBER.sub("\0", line)


def without_bars(line: str) -> str:
    """Return a line without the drawing of its progress bar, which differs from line to line."""
    return _BAR.sub("", line)


def understand(skeleton: str) -> Phrase:
    """Say what lines of a wording tell.

    Args:
        skeleton: The wording, as `wording` returns it.
    """
    plain = _PATHS.sub("", skeleton)
    if not plain.isascii():
        plain = _FOREIGN.sub(lambda match: _ENGLISH.get(match[0].lower(), match[0]), plain)
    parts = plain.split("\0")
    items: list[Item] = []
    split = ""
    said = ""  # the part of the data that any word of the line so far told
    for at, (before, after) in enumerate(pairwise(parts)):
        said = _split_of(before) or said
        label = _EDGE.sub("", before)
        if not re.search(r"\w", label):
            item = _unlabelled(at, before, items, parts)
            if item is not None:
                items.append(item)
            continue
        cut = _CUT.match(label)
        short = label[cut.end() :] if cut else label
        tokens = [token for token in words(short) if token not in _FILLER]
        if not tokens:
            continue
        last = tokens[-1]
        if last in EPOCH_AXES or normalized(short) in EPOCH_AXES:
            items.append(Item(at, "epoch", "epoch", "", False))
            continue
        if last in _COUNTERS or normalized(short) in _COUNTERS:
            items.append(Item(at, "_".join(tokens[-2:]), "step", "", False))
            continue
        told = meaning(" ".join(tokens))
        if told.kind == "other":
            split = told.split or split
            continue
        split = told.split or _split_of(before) or split or said
        name = " ".join(t for t in tokens if t not in TRAINING | VALIDATION)
        items.append(Item(at, name, told.kind, split, after.startswith("%")))
    quantity = any(item.kind not in ("epoch", "step", "bar", "total") for item in items)
    heading = "" if quantity else _split_of(plain)
    is_bar = bool(items) and items[0].kind == "bar" and re.search(r"ETA|/step|/sample", plain)
    return Phrase(tuple(items), heading, bool(is_bar))


def _unlabelled(at: int, before: str, items: list[Item], parts: list[str]) -> Item | None:
    """Say what a number without a label is: a total, a counter, or the mean of the one before."""
    previous = items[-1] if items and items[-1].at == at - 1 else None
    mark = before.strip()
    if previous is not None:
        if mark.endswith("/"):
            return Item(at, "total", "total", "", False)
        if mark.endswith("(") and previous.kind not in ("epoch", "step", "bar"):
            # `Loss 5.31 (4.30)`: the value and its mean so far.
            return previous._replace(at=at, name=f"{previous.name} average")
        if mark.endswith("[") and previous.kind == "epoch":
            return Item(at, "batch", "step", "", False)
        return None
    if at == 0 and parts[1].startswith("/") and mark == "":
        return Item(at, "bar", "bar", "", False)
    if at == 0 and parts[1].startswith("]") and mark == "[":
        return Item(at, "round", "step", "", False)
    return None


def _split_of(text: str) -> str:
    """Return the part of the data that a text's last telling word names."""
    for token in reversed(words(text)):
        if token in VALIDATION:
            return "val"
        if token in TRAINING:
            return "train"
    return ""


def is_perplexity(name: str) -> bool:
    """Return whether a column's name is that of a perplexity."""
    return bool(set(words(name)) & PERPLEXITY)
