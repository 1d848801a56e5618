"""Running text: the lines that a training script prints, in the words of whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.columns import meaning, words
from diagnose.readers.curves import LOSSES, Points, reduced
from diagnose.readers.lines import MAX_CHARACTERS, MAX_TOLD, MAX_WORDINGS, clean_blocks, scan
from diagnose.readers.phrases import DISCRIMINATOR, GENERATOR, understand, wording
from diagnose.readers.printed_table import header_of
from diagnose.readers.reader import Reader
from diagnose.readers.records import columns_of
from diagnose.readers.source import Source
from diagnose.readers.standing import Log
from diagnose.readers.table import Choice, Table, listing
from diagnose.run import FloatArray

MIN_POINTS = 2
"""A quantity that is told fewer times is a setting or a summary, not a curve."""
OTHER_SCALE = 20.0
"""Losses that begin further apart than this factor are not sums, or means, alike."""


def _recognizes(source: Source) -> float:
    """Any text may be a log, and tell its first loss far below its head."""
    for line in source.head_lines():
        line = line[:MAX_CHARACTERS]
        if understand(wording(line)).has_quantity or header_of(line):
            return 0.42
    return 0.05


def _read(source: Source, choice: Choice) -> Table:
    return table_of(clean_blocks(source), source.name, choice)


def table_of(blocks: Iterable[list[str]], name: str, choice: Choice) -> Table:
    """Read printed lines.

    Args:
        blocks: The lines, many at a time.
        name: The log's name, for messages.
        choice: Columns that the user named.

    Raises:
        LogError: If they tell no curve.
    """
    found = scan(blocks)
    notes: list[str] = []
    if found.is_cut:
        notes.append(
            f"the log tells more than {MAX_TOLD:,} numbers, or in more than {MAX_WORDINGS:,} ways;"
            " the rest was left out"
        )
    log = Log(found)
    points = log.points(notes)
    points = {key: part for key, part in points.items() if len(part.line)}
    curves: dict[tuple[str, str], Points] = {}
    for key, part in reduced(points, notes).items():
        if len(part.line) >= MIN_POINTS:
            curves[key] = part
    if not choice.roles_given():
        curves = _judgeable(curves, name)
        risen = [k for k, p in curves.items() if "objective" in words(k[1]) and _is_maximized(p)]
        if risen:
            notes.append(f"{risen[0][1]}: below 0 and rising, as what is maximized; no loss")
            curves = {k: p for k, p in curves.items() if k not in risen}
            if not any(p.kind in LOSSES for p in curves.values()):
                raise LogError(f"{name}: no training curve here: {notes[-1]}.")
    if not curves:
        raise LogError(f"{name}: no training curve here: no line tells a loss more than once.")
    told = list(curves)
    position, axis = log.positions(curves, notes)
    if not axis:
        # What never changes and stands nowhere is a setting.
        curves = {k: p for k, p in curves.items() if (p.value != p.value[0]).any()}
    losses = [key for key, part in curves.items() if part.kind in LOSSES]
    if not losses and not choice.roles_given():
        raise LogError(
            f"{name}: no training curve here: no line tells a loss more than once."
            f" Told: {listing([' '.join(key).strip() for key in told])}."
        )
    if not curves or _stands_still(curves, position):
        raise LogError(
            f"{name}: no training curve here: its losses are told, but none at a second step."
        )
    columns = columns_of(curves, position, axis, notes)
    _note_scales(curves, notes)
    return Table("text", columns, notes)


def _judgeable(curves: dict[tuple[str, str], Points], name: str) -> dict[tuple[str, str], Points]:
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


def _is_maximized(part: Points) -> bool:
    """Return whether a quantity stays below 0 and rises, as a log-likelihood does."""
    return bool((part.value < 0).all() and part.value[-1] > part.value[0])


def _stands_still(
    curves: dict[tuple[str, str], Points], position: dict[tuple[str, str], FloatArray]
) -> bool:
    """Return whether all losses say that they are of one and the same step."""
    losses = [key for key, part in curves.items() if part.kind in LOSSES]
    if not losses or not all(curves[key].own.all() for key in losses):
        return False
    every = np.concatenate([position[key] for key in losses])
    return bool(np.isfinite(every).all() and np.ptp(every) == 0)


def _note_scales(curves: dict[tuple[str, str], Points], notes: list[str]) -> None:
    """Say so where the two losses are not of one scale."""
    for (split, name), val in curves.items():
        train = curves.get(("train", name)) or curves.get(("", name))
        if split != "val" or train is None or val.kind not in LOSSES:
            continue
        ours, theirs = train.value, val.value
        if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
            continue
        first, other = np.median(ours[:3]), np.median(theirs[:3])
        middle, rest = np.median(ours), np.median(theirs)
        if middle > OTHER_SCALE * rest > 0 and first > OTHER_SCALE * other:
            notes.append(
                f"the training {name} is {first / other:.0f} times the validation {name} from the"
                " start: one of them is a sum, as over a batch, the other a mean; their heights"
                " cannot be compared"
            )
        elif other > OTHER_SCALE * first > 0 and rest > OTHER_SCALE * middle:
            notes.append(
                f"the validation {name} is {other / first:.0f} times the training {name} from the"
                " start: one of them is a sum, as over the data set, the other a mean; their"
                " heights cannot be compared"
            )


READER = Reader(
    "text",
    _recognizes,
    _read,
    "what training programs print: most frameworks' lines, and losses told in words",
    "Epoch 1/20, train loss: 0.52, val loss: 0.61\nEpoch 2/20, train loss: 0.47, val loss: 0.59\n",
)
