"""Which printed curves may be judged as the loss of one training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.columns import meaning, words
from diagnose.readers.curves import Points
from diagnose.readers.phrases import DISCRIMINATOR, GENERATOR, LOSSES
from diagnose.readers.table import listing
from diagnose.run import FloatArray

Curves = dict[tuple[str, str], Points]
"""Points by the part of the data and the name."""
SLIGHT = 0.02
"""A value that comes down by less than this share does not fall."""
ALIKE = 4.0
"""Two losses of one kind begin within this factor."""


def judgeable(curves: Curves, name: str, notes: list[str]) -> Curves:
    """Keep what may be judged, and name what is told without a word.

    Args:
        curves: What was told.
        name: The log's name, for messages.
        notes: Takes what was done.

    Raises:
        LogError: If nothing is left.
    """
    _refuse_agents(curves, name)
    curves = _named_by_values(_without_games(curves, name), notes)
    risen = [k for k, p in curves.items() if "objective" in words(k[1]) and _is_maximized(p)]
    if risen:
        notes.append(f"{risen[0][1]}: below 0 and rising, as what is maximized; no loss")
        curves = {k: p for k, p in curves.items() if k not in risen}
        if not any(p.kind in LOSSES for p in curves.values()):
            raise LogError(f"{name}: no training curve here: {notes[-1]}.")
    return curves


def _without_games(curves: Curves, name: str) -> Curves:
    """Leave out the parts of a loss where two networks play against each other.

    Raises:
        LogError: If nothing is left.
    """
    against = [label for (_, label), part in curves.items() if part.kind == "adversarial"]
    against += [n for _, n in curves if "loss" in words(n) and DISCRIMINATOR & set(words(n))]
    if not against:
        return curves
    against += [n for _, n in curves if "loss" in words(n) and GENERATOR & set(words(n))]
    kept = {
        key: part
        for key, part in curves.items()
        if part.kind not in (*LOSSES, "adversarial")
        or (part.kind == "loss" and not meaning(key[1]).extras)
    }
    if any(part.kind == "loss" for part in kept.values()):
        return kept
    raise LogError(
        f"{name}: {listing(list(dict.fromkeys(against)), 4)} are losses of networks that play"
        " against each other (a generator and a discriminator) and are not judged as one training"
        " loss. Name one with --train-loss COLUMN to look at it alone."
    )


def _refuse_agents(curves: Curves, name: str) -> None:
    """Refuse what an agent tells that learns from rewards.

    Raises:
        LogError: If rewards, or losses of a policy or of a value, are told.
    """
    told = [" ".join(key).strip() for key, p in curves.items() if p.kind in ("reward", "agent")]
    if told:
        raise LogError(
            f"{name}: {listing(told, 4)} are told; the losses of reinforcement learning do not"
            " measure progress and are not judged. Name one with --train-loss COLUMN to look at it"
            " alone."
        )


def _named_by_values(curves: Curves, notes: list[str]) -> Curves:
    """Take what is told for a part of the data without a word as its loss, where it may be one.

    Beside a training loss it must begin at its height and fall; alone, both parts must fall.
    """
    unnamed = {key: part for key, part in curves.items() if part.kind == "unnamed"}
    kept = {key: part for key, part in curves.items() if key not in unnamed}
    if any(part.kind in LOSSES for part in kept.values()):
        unnamed = {key: part for key, part in unnamed.items() if key[1] != "value"}
    for (split, name), part in unnamed.items():
        train = kept.get(("train", name)) or kept.get(("", name)) or unnamed.get(("train", name))
        if train is None or (split, name) in kept:
            continue
        if not (_falls(part) and _falls(train)) or not _begin_alike(part, train):
            notes.append(f"{split} {name}: told without a word for what it is, and left out")
            continue
        loss = "loss" if name == "value" else name
        kept[split, loss] = replace(part, kind="loss")
        notes.append(f"{split}: told without a word for what it is; it falls, so it is the loss")
    return kept


def _falls(part: Points) -> bool:
    """Return whether values come down from where they begin."""
    first = np.median(part.value[: max(len(part.value) // 5, 1)])
    counts = (part.value == np.round(part.value)).all()
    lowest = np.nanmin(part.value) if np.isfinite(part.value).any() else np.nan
    return bool(not counts and lowest < first - SLIGHT * abs(first))


def _begin_alike(part: Points, other: Points) -> bool:
    """Return whether values begin at about the height of others."""
    first, beside = np.median(part.value[:3]), np.median(other.value[:3])
    return bool(first * beside > 0 and 1 / ALIKE < first / beside < ALIKE)


def _is_maximized(part: Points) -> bool:
    """Return whether a quantity stays below 0 and rises, as a log-likelihood does."""
    return bool((part.value < 0).all() and part.value[-1] > part.value[0])


def stands_still(curves: Curves, position: dict[tuple[str, str], FloatArray]) -> bool:
    """Return whether all losses say that they are of one and the same step."""
    losses = [key for key, part in curves.items() if part.kind in LOSSES]
    if not losses or not all(curves[key].own.all() for key in losses):
        return False
    every = np.concatenate([position[key] for key in losses])
    return bool(np.isfinite(every).all() and np.ptp(every) == 0)
