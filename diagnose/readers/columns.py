"""The table of names: what a column of a log is called, and which role it takes.

The words were collected from the headers of real logs of some three hundred public repositories.
A name is split into words; some words say which part of the data it was measured on, some which
quantity it is, and the rest make it special (`box_loss`) or do not matter (`epoch`, `total`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

VALIDATION = frozenset(
    [
        "val",
        "valid",
        "vali",
        "validation",
        "eval",
        "evaluation",
        "evl",
        "dev",
        "test",
        "tel",
        "heldout",
        "holdout",
    ]
)
TRAINING = frozenset(["train", "training", "trn", "tr", "trl", "learn", "fit"])
NEUTRAL = frozenset(
    # Words that leave a total what it is.
    [
        "total",
        "main",
        "mean",
        "avg",
        "average",
        "epoch",
        "step",
        "iter",
        "batch",
        "running",
        "reduced",
        "the",
        "lm",
        "model",
        "combined",
        "metrics",
        "r1",
        "mloss",
        "per",
        "elbo",
    ]
)
LOSS = frozenset(["loss", "losses", "mloss"])
LOSS_LIKE = frozenset(
    # Quantities that are losses under their own name; used where no column is called a loss.
    [
        "cost",
        "nll",
        "xent",
        "logloss",
        "crossentropy",
        "elbo",
        "objective",
        "mse",
        "rmse",
        "mae",
        "bce",
        "ce",
        "tel",
        "trl",
    ]
)
BOOSTED = frozenset(["l1", "l2"])
"""LightGBM's names of the mean absolute and the mean squared error; beside a split alone."""
PERPLEXITY = frozenset(["ppl", "perplexity"])
ACCURACY = frozenset(
    [
        "acc",
        "accuracy",
        "top1",
        "acc1",
        "categorical_accuracy",
        "sparse_categorical_accuracy",
        "binary_accuracy",
    ]
)
LEARNING_RATE = frozenset(["lr", "lrate", "learningrate"])
UNRELATED = frozenset(
    # A name with one of these is not the loss, whatever else it says.
    [
        "scale",
        "weight",
        "type",
        "value",
        "policy",
        "entropy",
        "reg",
        "aux",
        "unscaled",
        "min",
        "max",
        "std",
        "best",
        "ratio",
        "delta",
        "time",
        "id",
        "bpc",
        "bpb",
        "diff",
        "adv",
        "disc",
        "discriminator",
        "generator",
        "gen",
        "critic",
        "actor",
        "fake",
        "real",
        "patience",
        "counter",
        "number",
        "num",
        "count",
        "rank",
        "score",
        "final",
        "profit",
        "stop",
        "hearing",
        "packet",
    ]
)
ADVERSARIAL = frozenset(
    ["g", "d", "disc", "discriminator", "generator", "gen", "critic", "fake", "real", "adv"]
)
REINFORCEMENT = frozenset(["rollout", "rew"])

STEP_AXES = (
    # From the finest counter that is right for every row to the coarsest.
    "global_step", "trainer_global_step", "step", "steps", "current_steps", "num_updates",
    "updates", "iteration", "iterations", "iter", "iters", "global_iter", "itr", "batch",
    "batch_idx", "samples", "samples_count", "time_total_timesteps", "timestep", "round",
)  # fmt: skip
EPOCH_AXES = ("epoch", "epochs", "ep", "current_epoch", "epoch_num", "train_epoch")
SPLIT_COLUMNS = (
    "set", "split", "phase", "mode", "subset", "dataset", "partition", "stage", "type", "event",
    "kind",
)  # fmt: skip
MAX_NAME = 100
"""Longer names are no words of a language."""
_FOREIGN = re.compile(
    # What losses and epochs are called in other languages, as far as that is ASCII.
    r"verlust|fehler|perte|perdid|perdit|perda|erreur|epoche|epoca|epoque|schritt|lernrate",
    re.IGNORECASE,
)
LINE_NUMBERS = ("unnamed_0", "index", "row")


@lru_cache(maxsize=1 << 15)
def words(name: str) -> tuple[str, ...]:
    """Split a column's name into lower-case words; `trainLoss` and `train/loss` are two each."""
    if "\x1b" in name:
        name = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", name)  # colours of a terminal
    if len(name) < MAX_NAME and (not name.isascii() or _FOREIGN.search(name)):
        from diagnose.readers.foreign import in_english  # noqa: PLC0415 (few names are)

        name = in_english(name.replace("_", " "))
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.lower()))


@lru_cache(maxsize=1 << 15)
def normalized(name: str) -> str:
    """Return the words of a name joined by underscores."""
    return "_".join(words(name))


def is_line_number(name: str) -> bool:
    """Return whether a column, often one without a name, numbers the rows."""
    return normalized(name) in LINE_NUMBERS or name.strip() in ("", "#")


class Meaning(NamedTuple):
    """What a column's name says.

    Attributes:
        kind: `loss`, `loss_like`, `perplexity`, `accuracy`, `lr`, `grad_norm` or `other`.
        split: `train`, `val`, or empty where the name does not say.
        extras: Words that make it a part or a variant, as `box` in `train/box_loss`.
    """

    kind: str
    split: str
    extras: tuple[str, ...]


@lru_cache(maxsize=1 << 15)
def meaning(name: str) -> Meaning:
    """Read a column's name."""
    tokens = words(name)
    have = set(tokens)
    split = "val" if have & VALIDATION else "train" if have & TRAINING else ""
    if "loss" not in have:
        # `val_mloss`, `trainloss`: the word is glued to another.
        glued = [t for t in tokens if t.endswith("loss") and t not in LOSS | LOSS_LIKE]
        for token in glued:
            head = token.removesuffix("loss")
            tokens = tuple(p for t in tokens for p in ((head, "loss") if t == token else (t,)))
            have = set(tokens)
            split = split or ("val" if head in VALIDATION else "train" if head in TRAINING else "")
    joined = "_".join(tokens)
    if have & LEARNING_RATE or "learning_rate" in joined:
        return Meaning("lr", split, _extras(tokens, LEARNING_RATE | {"learning", "rate"}))
    if ("grad" in have and "norm" in have) or "gradnorm" in have or "gradient_norm" in joined:
        return Meaning("grad_norm", split, ())
    crossed = "cross_entropy" in joined or "crossentropy" in have
    if have & (UNRELATED - ({"entropy"} if crossed else set())):
        return Meaning("other", split, tokens)
    if have & LOSS:
        return Meaning("loss", split, _extras(tokens, LOSS))
    if have & PERPLEXITY:
        return Meaning("perplexity", split, _extras(tokens, PERPLEXITY))
    if have & ACCURACY or joined in ACCURACY:
        return Meaning("accuracy", split, _extras(tokens, ACCURACY))
    if split and have & BOOSTED:
        return Meaning("loss_like", split, _extras(tokens, BOOSTED))
    if have & LOSS_LIKE or crossed or "mean_squared_error" in joined:
        return Meaning("loss_like", split, _extras(tokens, LOSS_LIKE))
    return Meaning("other", split, tokens)


def _extras(tokens: Sequence[str], own: frozenset[str] | set[str]) -> tuple[str, ...]:
    """Return the words that are neither the quantity's, the split's, nor neutral."""
    return tuple(t for t in tokens if t not in own | VALIDATION | TRAINING | NEUTRAL)


def is_adversarial(names: Sequence[str]) -> bool:
    """Return whether the columns are the losses of a generator and a discriminator."""
    sides = {
        "d" if set(words(n)) & {"d", "disc", "discriminator", "critic"} else "g"
        for n in names
        if set(words(n)) & LOSS and set(words(n)) & ADVERSARIAL
    }
    return sides == {"g", "d"}


def is_reinforcement(names: Sequence[str]) -> bool:
    """Return whether the columns are those of an agent that learns from rewards."""
    return any(REINFORCEMENT & set(words(n)) for n in names)


def choose_roles(points: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Choose which column plays which role.

    A total is preferred to its parts, an epoch's mean to single steps, a name that says "train"
    to one that does not; where only parts are logged, all of them, to be summed.

    Args:
        points: For each column, how many finite or non-finite numbers it holds.

    Returns:
        For each role found, the columns that make it up: several only where parts are summed.
    """
    seen = {name: meaning(name) for name, n in points.items() if n > 0}
    roles = _both_losses(seen, points, "loss")
    if not roles:
        # Never one of each: a training error and another validation error are not comparable.
        by_quantity: dict[tuple[str, ...], dict[str, Meaning]] = {}
        for name, m in seen.items():
            if m.kind == "loss_like":
                by_quantity.setdefault(_extras(words(name), frozenset()), {})[name] = m
        roles = max(
            (_both_losses(alike, points, "loss_like") for alike in by_quantity.values()),
            key=lambda found: (len(found), "train_loss" in found),
            default={},
        )
    for split in ("train", "val"):
        if f"{split}_loss" not in roles:
            roles |= _losses(seen, points, "perplexity", split)
    unsaid = _split_of_plain_accuracy(seen, roles)
    for split in ("train", "val"):
        accuracy = [
            n for n, m in seen.items() if m.kind == "accuracy" and (m.split or unsaid) == split
        ]
        if accuracy:
            roles[f"{split}_accuracy"] = (min(accuracy, key=lambda n: _rank(n, seen[n], points)),)
    rates = [n for n, m in seen.items() if m.kind == "lr" and m.split != "val"]
    if rates:
        roles["lr"] = (rates[0],)
    norms = [n for n, m in seen.items() if m.kind == "grad_norm"]
    if norms:
        roles["grad_norm"] = (max(norms, key=lambda n: points[n]),)
    _pair_parts(roles)
    return roles


def _both_losses(
    seen: Mapping[str, Meaning], points: Mapping[str, int], kind: str
) -> dict[str, tuple[str, ...]]:
    return {**_losses(seen, points, kind, "train"), **_losses(seen, points, kind, "val")}


def _split_of_plain_accuracy(
    seen: Mapping[str, Meaning], roles: Mapping[str, tuple[str, ...]]
) -> str:
    """Tell what a bare `accuracy` was measured on.

    Keras writes `loss` and `accuracy` of the training set beside `val_loss` and `val_accuracy`;
    fastai and Ultralytics write `train_loss`, `valid_loss` and an `accuracy` of the validation set.
    """
    validated = any(m.kind == "accuracy" and m.split == "val" for m in seen.values())
    plain_loss = any(not seen[n].split for n in roles.get("train_loss", ()))
    return "train" if validated or plain_loss or "val_loss" not in roles else "val"


def _rank(name: str, m: Meaning, points: Mapping[str, int]) -> tuple[object, ...]:
    """Order candidates for one role: totals, then epoch means, then named splits, then length."""
    tokens = words(name)
    most = max(points.values())
    few = points[name] < 2 <= most or (points[name] < 3 and most >= 10)
    return (
        few,
        len(m.extras),
        "step" in tokens or "batch" in tokens,
        {"val": 0, "valid": 0, "validation": 0, "test": 2}.get(
            next((t for t in tokens if t in VALIDATION), ""), 1
        ),
        not m.split,
        -points[name],
    )


def _losses(
    seen: Mapping[str, Meaning], points: Mapping[str, int], kind: str, split: str
) -> dict[str, tuple[str, ...]]:
    """Choose the column or the parts that make up the loss of one split."""
    found = [n for n, m in seen.items() if m.kind == kind and m.split == split]
    if split == "train":
        # `loss` beside `val_loss` is the training loss.
        found += [n for n, m in seen.items() if m.kind == kind and not m.split]
    if not found:
        return {}
    # Words that all of them bear, as `history` in `history/loss`, tell nothing.
    shared = frozenset(seen[found[0]].extras).intersection(*(seen[n].extras for n in found))
    seen = {
        n: Meaning(m.kind, m.split, tuple(e for e in m.extras if e not in shared))
        for n, m in seen.items()
    }
    best = min(found, key=lambda n: _rank(n, seen[n], points))
    if not seen[best].extras or kind != "loss":
        return {f"{split}_loss": (best,)}
    parts = [
        n
        for n in found
        if seen[n].split == seen[best].split
        and points[n] == points[best]
        and "step" not in words(n)
    ]
    if len(parts) < 2 or is_adversarial(parts):
        return {} if is_adversarial(parts) else {f"{split}_loss": (best,)}
    return {f"{split}_loss": tuple(parts)}


def _pair_parts(roles: dict[str, tuple[str, ...]]) -> None:
    """Keep only the parts that both losses have, so that the two sums are of the same kind."""
    train, val = roles.get("train_loss", ()), roles.get("val_loss", ())
    if (len(train) < 2 and len(val) < 2) or not train or not val:
        return
    of_train = {meaning(n).extras: n for n in train}
    of_val = {meaning(n).extras: n for n in val}
    common = [key for key in of_train if key in of_val]
    if common:
        roles["train_loss"] = tuple(of_train[key] for key in common)
        roles["val_loss"] = tuple(of_val[key] for key in common)


def choose_axis(names: Sequence[str]) -> tuple[str | None, str | None]:
    """Choose the step column and the epoch column among the names of a log."""
    by_form: dict[str, str] = {}
    for name in names:
        by_form.setdefault(normalized(name), name)
    step = next((by_form[form] for form in STEP_AXES if form in by_form), None)
    epoch = next((by_form[form] for form in EPOCH_AXES if form in by_form), None)
    return step, epoch
