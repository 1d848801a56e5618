"""What other tools say of the same logs: `ask_all`, and `python -m benchmarks.other_tools LOGS`.

The packages run in a virtual environment of their own, `build/other-tools`, which is made for
them. Each has its own words; `MEANINGS` says what each word stands for here, as the tool's own
text explains it. All of them get all that was logged.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

HOME = Path(__file__).parents[1] / "build" / "other-tools"
PATIENCE = 1800
"""Seconds that a tool may take for all logs."""

Record = dict[str, Any]
Row = dict[str, float]

UNDERFITTING, OVERFITTING, HEALTHY = "underfitting", "overfitting", "healthy"
UNDETERMINED = "undetermined"

# A word that is not in a tool's table, as of slow steps or memory, says nothing of the question.
MEANINGS: dict[str, dict[str, tuple[str, str]]] = {
    "trainproof": {
        "TP-NAN": (UNDERFITTING, "A loss that is no number: the optimization broke."),
        "TP-NAN-GRAD": (UNDERFITTING, "Gradients that are no numbers, the same."),
        "TP-ZERO-LOSS": (UNDERFITTING, "Its text calls a loss of exactly zero a dead run."),
        "TP-ZERO-LOSS-ONSET": (UNDERFITTING, "Its text says that the run died on the way."),
        "TP-ZERO-GRAD": (UNDERFITTING, "No gradient reached the weights: nothing is learned."),
        "TP-FLAT": (UNDERFITTING, "A flat loss is a run that does not learn."),
        "TP-DIVERGE": (UNDERFITTING, "Divergence is a failure of the optimization."),
        "TP-DEAD-RUN": (UNDERFITTING, "The training loss never improved."),
        "TP-ZERO-LR": (UNDERFITTING, "Without a learning rate nothing is learned."),
        "TP-ZERO-LR-PARTIAL": (UNDERFITTING, "For a part of the run, the same."),
        "TP-GRAD-SPIKE": (UNDERFITTING, "Spikes of the gradient are instability."),
        "TP-OVERFIT": (OVERFITTING, "It says so."),
        "TP-PASS": (HEALTHY, "No check fired."),
        "TP-NOT-CHECKED": (UNDETERMINED, "No check could run."),
        "TP-NO-LOSS": (UNDETERMINED, "It found no loss to judge."),
        "TP-NO-RECORDS": (UNDETERMINED, "It found no rows to judge."),
    },
    "runmedic": {
        "non_finite": (UNDERFITTING, "A loss that is no number: the optimization broke."),
        "divergence": (UNDERFITTING, "Divergence is a failure of the optimization."),
        "no_learning": (UNDERFITTING, "The training loss hardly fell."),
        "loss_spikes": (UNDERFITTING, "Spikes of the loss are instability."),
        "grad_spikes": (UNDERFITTING, "Spikes of the gradient are instability."),
        "constant_lr_plateau": (UNDERFITTING, "A plateau that it says a schedule would leave."),
        "overfitting": (OVERFITTING, "It says so, and mild overfitting is overfitting too."),
        "val_below_train": (HEALTHY, "Its text says that this is usually harmless."),
        "nothing": (HEALTHY, "No problems found, in its words."),
    },
    "ml-train-diag": {
        "underfitting": (UNDERFITTING, "It says so."),
        "instability": (UNDERFITTING, "Instability is a failure of the optimization."),
        "overfitting": (OVERFITTING, "It says so."),
        "label_noise": (OVERFITTING, "Noise in labels is harmful by being fitted."),
        "leakage": (HEALTHY, "The validation is as good as the training: no gap, in its features."),
        "healthy": (HEALTHY, "It says so."),
    },
}
"""For each word of a tool: what it stands for, and why."""

# Each program gets the folder of all logs and prints one line a log: what the tool says of it in
# its own words, the most severe first, as JSON.
_EACH = """
import json, pathlib, sys
def each(ask):
    for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        try:
            print(json.dumps(ask(folder)))
        except Exception as error:
            print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
"""
_TRAINPROOF = """
from trainproof.epoch import check_epoch
ORDER = ("FAIL", "WARN", "NOT-CHECKED", "PASS", "INFO")
def ask(folder):
    findings = check_epoch(folder / "log.csv")["findings"]
    return [f["id"] for f in sorted(findings, key=lambda f: ORDER.index(f["level"]))]
each(ask)
"""
_RUNMEDIC = """
from runmedic import loaders, roles
from runmedic.checks import run_checks
def ask(folder):
    run, = loaders.load(str(folder / "log.csv"))
    return [f.check for f in run_checks(run, roles.detect(run))] or ["nothing"]
each(ask)
"""
_ML_TRAIN_DIAG = """
import functools, logging, warnings
from ml_diag import api
logging.disable()
warnings.filterwarnings("ignore")
api.load_cascade = functools.cache(api.load_cascade)  # it is the same for all logs
each(lambda folder: [api.diagnose(folder).label])
"""


class Tool(NamedTuple):
    """A package, and how it is asked.

    Attributes:
        version: Of the package.
        program: Prints what it says of each log.
        needs: Further packages.
    """

    version: str
    program: str
    needs: tuple[str, ...] = ()


TOOLS = {
    "trainproof": Tool("0.22.0", _EACH + _TRAINPROOF),
    "runmedic": Tool("0.1.1", _EACH + _RUNMEDIC),
    # Its models were saved with this scikit-learn, and may say other things with another.
    "ml-train-diag": Tool("0.1.0", _EACH + _ML_TRAIN_DIAG, ("scikit-learn==1.8.0",)),
}


def _numbers(column: Iterable[float | None]) -> list[float]:
    """Return a column with NaN where the log has a value that is not finite."""
    return [math.nan if value is None else value for value in column]


def rises(log: Record) -> str:
    """Say overfitting if the last validation loss is above 1.05 times its minimum."""
    values = _numbers(log["val_loss"])
    lowest = min((v for v in values if math.isfinite(v)), default=None)
    if lowest is None:
        return UNDETERMINED
    return HEALTHY if values[-1] <= 1.05 * lowest else OVERFITTING


def gap(log: Record) -> str:
    """Say overfitting if the last validation loss is over 10 % above the last training loss."""
    train, val = (_numbers(log[name])[-1] for name in ("train_loss", "val_loss"))
    if not math.isfinite(train):
        return UNDETERMINED
    return HEALTHY if val - train <= 0.1 * train else OVERFITTING


RULES: dict[str, Callable[[Record], str]] = {
    "always overfitting": lambda _log: OVERFITTING,
    "always underfitting": lambda _log: UNDERFITTING,
    "final > 1.05 minimum": rises,
    "gap > 10 %": gap,
}


def rows(log: Record) -> list[Row]:
    """Return a log as a table by step; a row has what was logged there, and NaN where it broke."""
    table: dict[float, Row] = {}
    for steps, names in (
        ("steps", ("train_loss", "lr", "grad_norm", "train_accuracy")),
        ("val_steps", ("val_loss", "val_accuracy")),
    ):
        for name in names:
            for step, value in zip(log[steps], _numbers(log.get(name, ())), strict=False):
                table.setdefault(step, {"step": step})[name] = value
    return [table[step] for step in sorted(table)]


def epochs(log: Record) -> list[Row]:
    """Return a row for each evaluation, with the means of what was logged since the one before."""
    out: list[Row] = []
    waiting: list[Row] = []
    for row in rows(log):
        waiting.append(row)
        if "val_loss" not in row:
            continue
        made = {"epoch": float(len(out) + 1)}
        for name in ("train_loss", "val_loss", "train_accuracy", "val_accuracy", "grad_norm", "lr"):
            values = [each[name] for each in waiting if name in each]
            if values:
                made[name.replace("accuracy", "acc")] = sum(values) / len(values)
            elif out and name == "train_loss":  # it broke before another row came
                made[name] = out[-1].get(name, math.nan)
        out.append(made)
        waiting = []
    return out


def write(records: list[Record], folder: Path) -> None:
    """Write each log as the tools read it: `log.csv`; `meta.json` with `history.csv`."""
    for number, record in enumerate(records):
        home = folder / f"{number:06d}"
        home.mkdir()
        _write_table(home / "log.csv", rows(record["log"]))
        _write_table(home / "history.csv", epochs(record["log"]))
        (home / "meta.json").write_text(json.dumps({"run_id": home.name}), encoding="utf-8")


def _write_table(path: Path, table: list[Row]) -> None:
    names = list(dict.fromkeys(name for row in table for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(table)


def meaning(tool: str, said: list[str]) -> str:
    """Return what a tool's words stand for: the first that its table has, else healthy."""
    table = MEANINGS[tool]
    return next((table[word][0] for word in said if word in table), HEALTHY)


def ask_all(records: list[Record]) -> dict[str, list[str]]:
    """Return what each rule and tool says of each run.

    A tool that cannot be installed, or fails on a log, is told of on stderr and is undetermined.

    Args:
        records: Of the benchmark; each has a `log`.

    Returns:
        By name, in the order of the records: `underfitting`, `overfitting`, `healthy` or
        `undetermined`.
    """
    out = {name: [rule(record["log"]) for record in records] for name, rule in RULES.items()}
    for name in TOOLS:
        said = words(name, records)
        out[name] = [UNDETERMINED if each is None else meaning(name, each) for each in said]
    return out


def words(name: str, records: list[Record]) -> list[list[str] | None]:
    """Return what a tool says of each run in its own words, or None where it failed.

    What it said is kept in `build/other-tools`, and is not asked again for the same logs.
    """
    tool = TOOLS[name]
    content = json.dumps([name, tool, [record["log"] for record in records]])
    kept = HOME / "answers" / f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:16]}.json"
    if kept.exists():
        lines = json.loads(kept.read_text(encoding="utf-8"))
    else:
        try:
            lines = _ask(name, records)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"{name} did not run: {error}", file=sys.stderr)
            return [None] * len(records)
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(json.dumps(lines), encoding="utf-8")
    failed = [line["error"] for line in lines if isinstance(line, dict)]
    if failed:
        print(f"{name} failed on {len(failed)} logs, first: {failed[0]}", file=sys.stderr)
    return [None if isinstance(line, dict) else line for line in lines]


def _ask(name: str, records: list[Record]) -> list[Any]:
    python = environment(name)
    with tempfile.TemporaryDirectory() as folder:
        write(records, Path(folder))
        done = subprocess.run(
            [python, "-c", TOOLS[name].program, folder],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if len(lines) != len(records):
        raise OSError(f"it answered {len(lines)} times on {len(records)} logs")
    return lines


def environment(name: str) -> str:
    """Return the Python of the tools' environment, in which a tool is then installed."""
    python = HOME / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(HOME, with_pip=True)
    packages = [f"{name}=={TOOLS[name].version}", *TOOLS[name].needs]
    mark = HOME / " ".join(packages)
    if not mark.exists():
        pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        mark.touch()
    return str(python)


def main() -> None:
    """Count the words of each tool, over the logs of a file of records."""
    records = [json.loads(line) for line in Path(sys.argv[1]).read_text().splitlines()]
    for name in TOOLS:
        counts: dict[str, int] = {}
        for said in words(name, records):
            for word in said or ["(failed)"]:
                counts[word] = counts.get(word, 0) + 1
        print(f"{name} {TOOLS[name].version}, {len(records)} logs")
        for word, count in sorted(counts.items(), key=lambda item: -item[1]):
            stands, why = MEANINGS[name].get(word, ("", ""))
            print(f"  {count:>5}  {word:<20} {stands:<13} {why}")


if __name__ == "__main__":
    main()
