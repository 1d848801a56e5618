"""Fit the odds of underfitting and overfitting: `python benchmarks/fit.py`.

Only the runs of the programs in `CHOSEN_ON` are looked at. What is written is
diagnose/measures/odds.json; the figures that are printed leave out one program in turn.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy import facts_of
from benchmarks.interventions.truth import Record, classes, is_held_out, load, problems
from diagnose.measures import odds

WEIGHTS = Path(odds.__file__).with_name("odds.json")
EVIDENCE = {"log alone": "log alone", "with a linear model": "with the baselines"}
PENALTY = 0.3
"""Inverse strength of the penalty, on standardized terms."""
DIGITS = 4


def table(records: list[Record], setting: str) -> tuple[list[str], Any, list[Record]]:
    """Return the names of the terms, the terms of each run that has them, and those runs."""
    rows, kept = [], []
    for record in records:
        made = odds.terms(facts_of(record, setting))
        if made is not None:
            rows.append(made)
            kept.append(record)
    names = list(rows[0])
    return names, np.array([[row[name] for name in names] for row in rows]), kept


def fitted(x: Any, y: Any) -> Any:
    """Return the model of a problem."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000))
    return model.fit(x, y)


def weights(names: list[str], model: Any) -> dict[str, float]:
    """Return a model's weights on the terms as they are."""
    scaler, logistic = model.steps[0][1], model.steps[1][1]
    slopes = logistic.coef_[0] / scaler.scale_
    intercept = logistic.intercept_[0] - float(slopes @ scaler.mean_)
    values = {"intercept": intercept, **dict(zip(names, slopes, strict=True))}
    return {name: round(float(value), DIGITS) for name, value in values.items()}


def main() -> None:
    """Fit, write the weights, and print how well a program is judged by the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with what is written")
    check = parser.parse_args().check
    records = [record for record in load() if not is_held_out(record)]
    out: dict[str, Any] = {}
    for evidence, setting in EVIDENCE.items():
        names, x, kept = table(records, setting)
        programs = np.array([record["program"] for record in kept])
        out[evidence] = {}
        for problem in ("underfitting", "overfitting"):
            y = np.array([problem in problems(classes(record)) for record in kept])
            out[evidence][problem] = weights(names, fitted(x, y))
            left_out = np.zeros(len(y))
            for program in np.unique(programs):
                rest = programs != program
                left_out[~rest] = fitted(x[rest], y[rest]).predict_proba(x[~rest])[:, 1]
            right = np.mean((left_out > 0.5) == y)
            print(f"{evidence}, {problem}: {right:.3f} right of {len(y)}, each program left out")
    text = json.dumps(out, indent=1) + "\n"
    if check:
        raise SystemExit(text != WEIGHTS.read_text(encoding="utf-8"))
    WEIGHTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
