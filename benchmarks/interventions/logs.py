"""A finished run as a user has logged it: by epoch or by step, noisy, rounded, with gaps."""

from __future__ import annotations

from typing import Any

import numpy as np

from catalog.lab.train import History

Log = dict[str, Any]
Array = np.ndarray[Any, np.dtype[np.float64]]
MOST_POINTS = 150


def draw_log(history: History, rng: np.random.Generator) -> Log:
    """Draw how a run was logged.

    Returns:
        Keyword arguments of `diagnose.diagnose`, as plain lists; what is not finite is None.
    """
    columns = _by_epoch(history, rng) if rng.random() < 0.65 else _by_step(history, rng)
    out: Log = {"step_unit": columns.pop("step_unit")}
    wanted = {name for name in ("lr", "grad_norm") if rng.random() < 0.5}
    if rng.random() < 0.6:
        wanted |= {"train_accuracy", "val_accuracy"}
    keep = {"steps", "train_loss", "val_steps", "val_loss"} | wanted
    columns = {name: column for name, column in columns.items() if name in keep}
    if rng.random() < 0.15:  # rows that were lost
        whole = rng.random(len(columns["steps"])) > 0.1
        whole[[0, -1]] = True
        for name in ("steps", "train_loss", "lr", "grad_norm", "train_accuracy"):
            if name in columns:
                columns[name] = columns[name][whole]
    decimals = int(rng.choice([3, 4, 6], p=[0.15, 0.55, 0.3]))
    for name, column in columns.items():
        out[name] = [_written(v, 8 if name == "lr" else decimals) for v in column]
    return out


def _written(value: float, decimals: int) -> float | None:
    if not np.isfinite(value):
        return None
    return round(float(value), decimals)


def _evaluations(history: History, every: int) -> dict[str, Array]:
    """Return the series with a value on an evaluation, at their steps, every so many and the last.

    A run that broke has its last evaluation where it broke.
    """
    step, val = history.series["val_loss"]
    kept = sorted({*range(every - 1, len(step), every), len(step) - 1})
    out = {"val_steps": step[kept], "val_loss": val[kept]}
    if "val_accuracy" in history.series:
        out["val_accuracy"] = history.series["val_accuracy"].value[kept]
    return out


def _by_epoch(history: History, rng: np.random.Generator) -> dict[str, Any]:
    """Log the mean of each epoch's batches, or its last batch; validate each epoch or so."""
    n = history.steps_per_epoch
    loss, lr, norm = (history.series[name].value for name in ("loss", "lr", "grad_norm"))
    ends = np.arange(n, len(loss) + 1, n)
    take_mean = rng.random() < 0.85
    every = 1 if rng.random() < 0.85 else int(rng.integers(2, 4))
    out: dict[str, Any] = {
        "step_unit": "epoch",
        "steps": ends / n,
        "train_loss": np.array(
            [loss[e - n : e].mean() if take_mean else loss[e - 1] for e in ends]
        ),
        "lr": lr[ends - 1],
        "grad_norm": np.array([norm[e - n : e].mean() for e in ends]),
        **_evaluations(history, every),
    }
    out["val_steps"] = out["val_steps"] / n
    if "train_accuracy" in history.series and len(history.series["train_accuracy"].step) == len(
        ends
    ):
        out["train_accuracy"] = history.series["train_accuracy"].value
    return out


def _by_step(history: History, rng: np.random.Generator) -> dict[str, Any]:
    """Log every few steps: one batch, the mean since the row before, or a running mean."""
    loss, lr, norm = (history.series[name].value for name in ("loss", "lr", "grad_norm"))
    every = max(1, -(-len(loss) // MOST_POINTS), int(rng.choice([1, 2, 5])))
    every = min(every, len(loss))  # a run may break before its first row
    at = np.arange(every - 1, len(loss), every)
    kind = int(rng.integers(0, 3))
    if kind == 0:
        shown = loss[at]
    elif kind == 1:
        shown = np.array([loss[i - every + 1 : i + 1].mean() for i in at])
    else:
        shown = _running_mean(loss)[at]
    return {
        "step_unit": "step",
        "steps": at + 1.0,
        "train_loss": shown,
        "lr": lr[at],
        "grad_norm": norm[at],
        **_evaluations(history, 1),
    }


def _running_mean(value: Array, keep: float = 0.9) -> Array:
    """Return the exponential running mean, its start corrected as Adam corrects it."""
    out, mean = np.empty_like(value), 0.0
    for index, new in enumerate(value):
        mean = keep * mean + (1 - keep) * float(new)
        out[index] = mean / (1 - keep ** (index + 1))
    return out
