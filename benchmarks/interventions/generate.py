"""Make the runs: each configuration is trained, logged, and trained again with every arm."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import multiprocessing
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.interventions.arms import ARMS
from benchmarks.interventions.faults import spoil
from benchmarks.interventions.logs import draw_log
from benchmarks.interventions.programs import PROGRAMS, healthy
from catalog.lab.data import Data
from catalog.lab.recipe import NotApplicable, Recipe
from catalog.lab.train import History, train

VERSION = 1
PER_DATA_SET = 48
FROZEN = Path(__file__).parent / "runs.jsonl.gz"
EVALUATIONS = 8
"""Times that an arm is evaluated, about; the run itself is evaluated every epoch."""
TAIL = 3
"""Evaluations whose median is a run's end."""

Key = tuple[str, str, int]


def keys(per_data_set: int) -> list[Key]:
    """Return the configurations, all data sets in turn, so that a part of them is a fair one."""
    return [
        (program, data, number)
        for number in range(per_data_set)
        for program, made in PROGRAMS.items()
        for data in made.data
    ]


def configuration(key: Key) -> tuple[Recipe, tuple[str, ...], np.random.Generator]:
    """Draw a configuration; return the recipe, its faults, and what draws its log."""
    program, data, number = key
    rng = np.random.default_rng([VERSION, zlib.crc32(f"{program}/{data}".encode()), number])
    recipe, faults = spoil(healthy(program, data, rng), rng)
    return recipe, faults, rng


def make(key: Key) -> dict[str, Any]:
    """Train a configuration and all of its arms; return the frozen record."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    recipe, faults, rng = configuration(key)
    base = train(recipe)
    record: dict[str, Any] = {
        "id": "/".join(map(str, key)),
        "program": key[0],
        "data": key[1],
        "faults": faults,
        "recipe": _described(recipe),
        "task": base.data.task,
        "classes": base.data.outputs if base.data.task == "classification" else None,
        "n_train": len(base.data.train),
        "n_val": len(base.data.val),
        "constant": [_short(v) for v in base.data.constant_losses()],
        "linear": [_short(v) for v in linear_losses(base.data)],
        "log": draw_log(base.history, rng),
        "best_share": _best_share(base.history),
        "outcomes": {"base": outcome(base.history, 1.0)},
    }
    for name in ARMS:
        with contextlib.suppress(NotApplicable):
            record["outcomes"][name] = outcome_of(name, recipe, base.data)
    return record


def outcome_of(name: str, recipe: Recipe, data: Data) -> list[float | None]:
    """Train a recipe again with an arm; return its outcome in the unit of the run itself.

    Args:
        name: Of the arm.
        recipe: Of the run.
        data: Of the run.

    Raises:
        NotApplicable: If the arm does not apply.
    """
    changed = ARMS[name](recipe)
    every = max(1, changed.epochs // EVALUATIONS)
    fit = train(changed.replace(evaluate_every=every))
    unit = 1.0
    if changed.data.settings.get("targets") and data.task == "regression":
        unit = data.constant_losses()[0] / fit.data.constant_losses()[0]
    return outcome(fit.history, unit)


def remake(task: tuple[dict[str, Any], str]) -> dict[str, Any]:
    """Train the run of a record again with one arm; return the record with that outcome anew."""
    record, name = task
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    program, data, number = record["id"].split("/")
    recipe, _, _ = configuration((program, data, int(number)))
    made = dict(record["outcomes"])
    made.pop(name, None)
    with contextlib.suppress(NotApplicable):
        made[name] = outcome_of(name, recipe, recipe.peek())
    return {**record, "outcomes": made}


def outcome(history: History, unit: float) -> list[float | None]:
    """Return a run's clean training loss and validation loss at the end, and its best one.

    Args:
        history: Of the run.
        unit: The losses are multiplied by it.
    """
    clean, val = (history.series[name].value for name in ("clean_train_loss", "val_loss"))
    finite = val[np.isfinite(val)]
    best = float(finite.min()) if len(finite) else math.inf
    return [
        _short(unit * float(v)) for v in (np.median(clean[-TAIL:]), np.median(val[-TAIL:]), best)
    ]


def _best_share(history: History) -> float:
    """Return where in the run its best evaluation lies, from 0 to 1."""
    step, _ = history.best()
    return round(step / history.series["val_loss"].step[-1], 4) if math.isfinite(step) else math.nan


def linear_losses(data: Data) -> tuple[float, float]:
    """Return the training and validation loss of a linear model, as users are told to fit it."""
    x, y = data.train.x.flatten(1).double().numpy(), data.train.y.numpy()
    x_val, y_val = data.val.x.flatten(1).double().numpy(), data.val.y.numpy()
    if data.task == "regression":
        fitted = make_pipeline(StandardScaler(), LinearRegression()).fit(x, y)
        return tuple(  # type: ignore[return-value]
            float(mean_squared_error(b, fitted.predict(a))) for a, b in ((x, y), (x_val, y_val))
        )
    if len(np.unique(y)) < 2:
        return data.constant_losses()
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x, y)
    losses = []
    for a, b in ((x, y), (x_val, y_val)):
        odds = np.full((len(a), data.outputs), 1e-6)
        odds[:, fitted.classes_] = fitted.predict_proba(a)
        odds /= odds.sum(1, keepdims=True)
        losses.append(float(log_loss(b, odds, labels=np.arange(data.outputs))))
    return losses[0], losses[1]


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def _described(recipe: Recipe) -> dict[str, Any]:
    """Return what was drawn, for the reader of the record."""
    parts = {
        "data": {k: v for k, v in recipe.data.settings.items() if k != "name"},
        "model": recipe.model,
        "optimizer": recipe.optimizer,
        "lr": float(f"{recipe.lr:.4g}"),
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "schedule": recipe.schedule,
        "loss": recipe.loss,
        "start": recipe.start,
        "augmentation": recipe.augmentation,
        "regularization": recipe.regularization,
        "seed": recipe.seed,
    }
    return {k: v if isinstance(v, (int, float, dict)) else repr(v) for k, v in parts.items() if v}


def generate(build: Path, per_data_set: int, processes: int) -> Iterator[tuple[int, int]]:
    """Make what is not made yet; yield how many are made, and how many there will be.

    Args:
        build: A file of records, one a line; it is appended to, and a cut last line is left out.
        per_data_set: Configurations of each data set.
        processes: That work at the same time.
    """
    # A forked worker can hang in torch's thread pool; a spawned one starts clean.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from resume(build, keys(per_data_set), partial(pool.imap_unordered, make))


def resume(
    build: Path, keys: list[Key], make_all: Callable[[list[Key]], Iterable[dict[str, Any]]]
) -> Iterator[tuple[int, int]]:
    """Append the records that a file lacks; yield how many it has, and how many it will have.

    Args:
        build: A file of records, one a line.
        keys: The configurations it should have.
        make_all: Makes the records of some configurations, in any order.
    """
    build.parent.mkdir(parents=True, exist_ok=True)
    done = {record["id"] for record in _finished(build)}
    wanted = [key for key in keys if "/".join(map(str, key)) not in done]
    total = len(done) + len(wanted)
    with build.open("a") as file:
        for count, record in enumerate(make_all(wanted), len(done) + 1):
            file.write(json.dumps(record) + "\n")
            file.flush()
            yield count, total


def again(build: Path, name: str, processes: int) -> Iterator[tuple[int, int]]:
    """Train every finished run again with one arm, whose code has changed.

    The file is replaced when all are done.

    Args:
        build: A file of records, one a line.
        name: Of the arm.
        processes: That work at the same time.
    """
    records = _finished(build)
    made = []
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for record in pool.imap_unordered(remake, [(record, name) for record in records]):
            made.append(record)
            yield len(made), len(records)
    whole = build.with_suffix(".new")
    whole.write_text("".join(json.dumps(record) + "\n" for record in made))
    whole.replace(build)


def _finished(build: Path) -> list[dict[str, Any]]:
    """Return the whole records of a file; a line that was cut off is taken out of it."""
    if not build.exists():
        return []
    records, whole = [], []
    for line in build.read_text().splitlines():
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError:
            continue
        whole.append(line)
    build.write_text("".join(line + "\n" for line in whole))
    return records


def freeze(build: Path, frozen: Path = FROZEN) -> int:
    """Write the finished records, sorted and compressed, to where scoring reads them."""
    by_id = {record["id"]: record for record in _finished(build)}
    records = [by_id[name] for name in sorted(by_id)]
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
    frozen.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    return len(records)
