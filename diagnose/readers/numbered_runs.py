"""Logs that tell several runs, which they number: folds, seeds, trials."""

from __future__ import annotations

from array import array
from typing import Literal

import numpy as np

from diagnose.readers.lines import Scan, Told
from diagnose.readers.phrases import LOSSES
from diagnose.run import BoolArray, FloatArray, IntArray

MAX_RUNS = 500
"""Of more numbers than this, none is that of a run."""
MAX_SEED = 100_000
"""A larger seed was drawn by the program, anew with each start."""
UNNUMBERED = "before"
"""The name of the lines before the first number."""


def numbered_runs(found: Scan) -> dict[str, Scan]:
    """Split what a log told by the runs that it numbers, above each or below it.

    Returns:
        For each run, by its name as in `fold 1`, what its lines told, in the order of the log;
        empty if no runs are numbered.
    """
    events = _events(found)
    if not events:
        return {}
    lines = np.unique(np.concatenate([line for line, _ in events.values()]))
    losses = np.array(sorted(_loss_lines(found)), dtype=np.int64)
    is_below = bool((losses < lines[0]).sum() > 1 and not (losses > lines[-1]).any())
    state = np.stack([_at(line, number, lines) for line, number in events.values()], axis=1)
    keys, which = np.unique(np.nan_to_num(state, nan=-1.0), axis=0, return_inverse=True)
    if not 1 < len(keys) <= MAX_RUNS:
        return {}
    # The run of the lines before each event; the last ones follow all events.
    order = which.reshape(-1)
    after = np.append(order, order[-1]) if is_below else np.append(-1, order)
    out = {}
    for key in dict.fromkeys(after.tolist()):
        numbers = zip(events, keys[key], strict=True) if key >= 0 else ()
        name = " ".join(f"{word} {number:.0f}" for word, number in numbers if number >= 0)
        out[name or UNNUMBERED] = _only(found, lines, after == key, is_below)
    if not is_below and not _loss_lines(out[UNNUMBERED]):
        del out[UNNUMBERED]
    return out


def _loss_lines(found: Scan) -> set[int]:
    """Return the lines that tell a loss."""
    told = (t for t in found.told if any(item.kind in LOSSES for item in t.phrase.items))
    return {line for part in told for line in part.line}


def _events(found: Scan) -> dict[str, tuple[IntArray, FloatArray]]:
    """Return for each word that numbers several runs its lines and its numbers."""
    told: dict[str, list[tuple[IntArray, FloatArray]]] = {}
    for part in found.told:
        runs = [(n, item.name) for n, item in enumerate(part.phrase.items) if item.kind == "run"]
        for word in {word for _, word in runs}:
            index = next(n for n, name in runs if name == word)
            line = np.array(part.line, dtype=np.int64)
            number = np.array(part.number).reshape(len(line), -1)[:, index]
            whole = (number >= 0) & (number == np.round(number))
            told.setdefault(word, []).append((line[whole], number[whole]))
    out = {}
    for word, parts in told.items():
        line = np.concatenate([line for line, _ in parts])
        number = np.concatenate([number for _, number in parts])
        order = np.argsort(line, kind="stable")
        is_drawn = word == "seed" and (number > MAX_SEED).any()
        if len(np.unique(number)) > 1 and not is_drawn:
            out[word] = line[order], number[order]
    return out


def _at(at: IntArray, number: FloatArray, lines: IntArray) -> FloatArray:
    """Return the last number told up to each line; NaN before the first."""
    index = np.searchsorted(at, lines, side="right") - 1
    return np.where(index >= 0, number[np.maximum(index, 0)], np.nan)


def _only(found: Scan, events: IntArray, mine: BoolArray, is_below: bool) -> Scan:
    """Return what the lines of one run told.

    Args:
        found: What all lines told.
        events: (n,) the lines that number a run.
        mine: (n + 1,) whether the lines before each of them, and behind the last, are of the run.
        is_below: Whether a number stands below its run.
    """

    def kept(line: array[int]) -> BoolArray:
        side: Literal["left", "right"] = "left" if is_below else "right"
        keep: BoolArray = mine[np.searchsorted(events, np.array(line, dtype=np.int64), side=side)]
        return keep

    told = []
    for part in found.told:
        keep = kept(part.line)
        if not keep.any():
            continue
        number = np.array(part.number).reshape(len(keep), -1)[keep]
        line = np.array(part.line, dtype=np.int64)[keep]
        told.append(
            Told(
                part.phrase,
                part.skeleton,
                line=array("q", line.tolist()),
                number=array("d", number.ravel().tolist()),
            )
        )
    keep = kept(found.heading_line)
    return Scan(
        told,
        array("q", np.array(found.heading_line, dtype=np.int64)[keep].tolist()),
        array("b", np.array(found.heading_split, dtype=np.int64)[keep].tolist()),
        found.skipped,
        found.is_cut,
        found.has_decimal_commas,
    )
