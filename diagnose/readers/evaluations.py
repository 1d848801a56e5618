"""Names in the evaluation results of XGBoost, LightGBM and CatBoost, saved as JSON.

`{"validation_0": {"logloss": [...]}, "validation_1": {...}}`, `{"training": ..., "valid_1": ...}`,
`{"learn": {"MultiClass": [...]}, "validation": ...}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from diagnose.readers.columns import meaning
from diagnose.readers.table import listing

NUMBERED = re.compile(r"(valid|validation|eval|test)_(\d{1,3})")


def renamed(names: Iterable[str], notes: list[str]) -> dict[str, str]:
    """Return new names of the lists whose name does not tell their set or their metric.

    Args:
        names: The names of the lists: what is around them, the set and the metric.
        notes: Takes which set was taken for which.
    """
    split = {name: name.rpartition("/") for name in names}
    held = {name: place.rpartition("/") for name, (place, _, _) in split.items()}
    sets = list(dict.fromkeys(own for _, _, own in held.values()))
    called = _sets(sets, notes)
    out = {}
    for name, (around, slash, own) in held.items():
        metric = split[name][2]
        if own in ("learn", "validation") and {"learn", "validation"} <= set(sets):
            from diagnose.readers.catboost import column_name  # noqa: PLC0415 (it loads this)

            metric = column_name(own, metric).partition("/")[2]
        new = f"{around}{slash}{called.get(own, own)}/{metric}"
        if own and new != name:
            out[name] = new
    return out


def _sets(sets: list[str], notes: list[str]) -> dict[str, str]:
    """Return what numbered sets are: the first validation set, or the training set before it."""
    numbered = [name for name in sets if NUMBERED.fullmatch(name)]
    if not numbered:
        return {}
    numbered.sort(key=lambda name: int(name.rpartition("_")[2]))
    splits = [meaning(name).split for name in sets if name not in numbered]
    if "val" in splits:
        return {}
    if "train" not in splits and len(numbered) == 2:
        notes.append(
            f"{numbered[0]} is taken for the training set and {numbered[1]} for the validation"
            " set, as where both were given"
        )
        return {numbered[0]: "train", numbered[1]: "validation"}
    if len(numbered) > 1:
        notes.append(f"of the sets {listing(numbered)} the first is taken for the validation")
    return {numbered[0]: numbered[0].rpartition("_")[0]}
