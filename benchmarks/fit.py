"""Fit the odds of underfitting and overfitting: `python -m benchmarks.fit`.

Only the runs of the programs in `CHOSEN_ON` are looked at. What is written is
diagnose/measures/odds.json. `--compare` also judges each program by the others, with this model
and with larger ones, and writes the table into docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import accuracy
from benchmarks.interventions.truth import Record, classes, is_held_out, load, problems
from diagnose.measures import odds
from diagnose.measures.facts import Facts

WEIGHTS = Path(odds.__file__).with_name("odds.json")
EVIDENCE = {"log alone": "log alone", "with a linear model": "with the baselines"}
PENALTY = 0.3
"""Inverse strength of the penalty, on standardized terms."""
DIGITS = 4
RICHER = {"log alone": "everything logged", "with the baselines": "everything"}
WITH_MORE = "logistic, with accuracy, gradient norm and learning rate"
TENTH = 3
"""Points of the gradient norm that are its start, and its end."""
SHARES = (0.6, 0.8, 0.95, 1.0)

Model = Callable[[], Any]
MODELS: dict[str, Model] = {
    "logistic, as it is used": lambda: make_pipeline(
        StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000)
    ),
    "random forest": lambda: RandomForestClassifier(300, min_samples_leaf=3, random_state=0),
    "extra trees": lambda: ExtraTreesClassifier(300, min_samples_leaf=3, random_state=0),
}
USED = next(iter(MODELS.values()))


def terms(records: list[Record], setting: str) -> tuple[list[str], Any, list[Record]]:
    """Return the names of the terms, the terms of each run that has them, and those runs."""
    rows, kept = [], []
    for record in records:
        made = odds.terms(accuracy.facts_of(record, setting))
        if made is not None:
            rows.append(made)
            kept.append(record)
    names = list(rows[0])
    return names, np.array([[row[name] for name in names] for row in rows]), kept


def further_terms(facts: Facts) -> list[float]:
    """Return what accuracy, gradient norm and learning rate add, 0 where one is not logged.

    The distance of the accuracies and the training accuracy at the end, the gradient norm's end
    over its start and its largest value over its median as powers of ten, and what is left of the
    peak learning rate; each beside whether it is there.
    """
    train, val = facts.train_accuracy, facts.val_accuracy
    found: list[float | None] = [
        train.end - val.end if train and val else None,
        train.end if train else None,
        None if facts.schedule is None else facts.schedule.remaining,
    ]
    norm = facts.run.get("grad_norm")
    known = None if norm is None else norm.value[np.isfinite(norm.value) & (norm.value > 0)]
    if known is None or len(known) < 2 * TENTH:
        found += [None, None]
    else:
        middle = np.median(known)
        found += [
            math.log10(np.median(known[-TENTH:]) / np.median(known[:TENTH])),
            math.log10(known.max() / middle),
        ]
    return [value for term in found for value in (term or 0.0, float(term is not None))]


def weights(names: list[str], model: Any) -> dict[str, float]:
    """Return a logistic model's weights on the terms as they are."""
    scaler, logistic = model.steps[0][1], model.steps[1][1]
    slopes = logistic.coef_[0] / scaler.scale_
    intercept = logistic.intercept_[0] - float(slopes @ scaler.mean_)
    values = {"intercept": intercept, **dict(zip(names, slopes, strict=True))}
    return {name: round(float(value), DIGITS) for name, value in values.items()}


def left_out(make: Model, x: Any, holds: Any, programs: Any) -> Any:
    """Return the probability of each run by a model of the other programs' runs."""
    out = np.zeros(len(holds))
    for program in np.unique(programs):
        rest = programs != program
        out[~rest] = make().fit(x[rest], holds[rest]).predict_proba(x[~rest])[:, 1]
    return out


def judged(make: Model, x: Any, truth: list[frozenset[str]], programs: Any) -> list[str]:
    """Return how often the likeliest problem holds, of the runs that a model is surest of."""
    columns = [
        left_out(make, x, np.array([problem in t for t in truth]), programs)
        for problem in accuracy.PROBLEMS
    ]
    probability = np.stack(columns, 1)
    said, sure = probability.argmax(1), probability.max(1)
    right = np.array([accuracy.PROBLEMS[k] in t for k, t in zip(said, truth, strict=True)])
    order = np.argsort(-sure)
    return [f"{100 * right[order[: int(s * len(order))]].mean():.0f} %" for s in SHARES]


def compare(records: list[Record]) -> str:
    """Return how often each model's likeliest problem holds, of the runs it is surest of."""
    rows = []
    for evidence, setting in EVIDENCE.items():
        _, x, kept = terms(records, setting)
        programs = np.array([record["program"] for record in kept])
        truth = [problems(classes(record)) for record in kept]
        for name, make in MODELS.items():
            rows.append([evidence, name, *judged(make, x, truth, programs)])
        if setting in RICHER:
            more = [further_terms(accuracy.facts_of(r, RICHER[setting])) for r in kept]
            rows.append([evidence, WITH_MORE, *judged(USED, np.hstack([x, more]), truth, programs)])
    return accuracy.table(["evidence", "model", *(f"surest {100 * s:.0f} %" for s in SHARES)], rows)


def main() -> None:
    """Fit, write the weights, and compare if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    records = [record for record in load() if not is_held_out(record)]
    WEIGHTS.write_text(fitted(records), encoding="utf-8")
    if options.compare:
        made = compare(records)
        print(made)
        page = accuracy.PAGE
        page.write_text(
            accuracy.put(page.read_text(encoding="utf-8"), {"models": made}), encoding="utf-8"
        )


def fitted(records: list[Record]) -> str:
    """Return the weights that some runs give, as they are stored."""
    out: dict[str, Any] = {}
    for evidence, setting in EVIDENCE.items():
        names, x, kept = terms(records, setting)
        out[evidence] = {
            problem: weights(
                names, USED().fit(x, [problem in problems(classes(record)) for record in kept])
            )
            for problem in ("underfitting", "overfitting")
        }
    return json.dumps(out, indent=1) + "\n"


if __name__ == "__main__":
    main()
