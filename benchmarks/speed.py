"""How fast a diagnosis is: `python benchmarks/speed.py [--json]`.

Each line is measured beside what it is compared with, alternating in the same run, since machines
differ and are shared; the ratio is the figure to keep. The least of several repeats is taken.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import catalog
import diagnose

BASELINE = "import numpy, click, rich.console, rich.table"
COMMAND = "from diagnose.cli import main; main()"
REPEATS = 25


def write_log(path: Path, rows: int, seed: int) -> None:
    """Write a log with training and validation loss, learning rate and gradient norm."""
    rng = np.random.default_rng(seed)
    t = np.arange(rows) / rows
    train = 2.3 * np.exp(-5 * t) + 0.05 + 0.02 * rng.standard_normal(rows)
    val = 2.3 * np.exp(-5 * t) + 0.2 + 0.2 * t + 0.02 * rng.standard_normal(rows)
    table = np.column_stack([np.arange(rows), train, val, 1e-3 * (1 - t), 1 + rng.random(rows)])
    np.savetxt(
        path, table, fmt=["%d", "%.6f", "%.6f", "%.3e", "%.5f"], delimiter=",", comments="",
        header="step,train_loss,val_loss,lr,grad_norm",
    )  # fmt: skip


def seconds_of(code: str, *arguments: str) -> float:
    """Run Python code in a new process and return the seconds it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def startup(folder: Path) -> dict[str, float]:
    """Time the whole command on a 200-row log against the imports it cannot do without."""
    log = folder / "small.csv"
    write_log(log, 200, 0)
    base, ours = [], []
    for _ in range(REPEATS):
        base.append(seconds_of(BASELINE))
        ours.append(seconds_of(COMMAND, str(log)))
    # Neighbours in time share the machine's mood; the median forgives the odd one out.
    ratio = statistics.median(a / b for a, b in zip(ours, base, strict=True))
    return {"seconds": min(ours), "imports_seconds": min(base), "ratio": ratio}


def large(folder: Path) -> dict[str, float]:
    """Time a CSV of a million rows in a process of its own, with its peak memory."""
    log = folder / "large.csv"
    write_log(log, 1_000_000, 1)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        child = os.posix_spawn(
            sys.executable,
            [sys.executable, "-c", COMMAND, str(log)],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
        )
        _, status, usage = os.wait4(child, 0)
        times.append(time.perf_counter() - start)
        if status:
            raise SystemExit("the command failed on the large log")
    return {"seconds": min(times), "peak_mib": usage.ru_maxrss / 1024, "bytes": log.stat().st_size}


def many(folder: Path) -> dict[str, float]:
    """Time a thousand logs of 200 rows in one process, read, judged and turned into data."""
    logs = []
    for index in range(1000):
        log = folder / f"log{index}.csv"
        write_log(log, 200, index)
        logs.append(log)
    diagnose.diagnose(logs[0])
    times = []
    for _ in range(10):
        start = time.perf_counter()
        for log in logs:
            diagnose.diagnose(log).to_dict()
        times.append(time.perf_counter() - start)
    return {"seconds": min(times), "ms_each": 1000 * min(times) / len(logs)}


LINES: tuple[tuple[str, Callable[[Path], dict[str, float]], str, str, float], ...] = (
    ("whole command, 200 rows, over its imports", startup, "ratio", "x", 1.5),
    ("CSV of 1,000,000 rows", large, "seconds", "s", 2.0),
    ("  its peak memory", large, "peak_mib", "MiB", 300.0),
    ("1,000 logs of 200 rows, each", many, "ms_each", "ms", 2.0),
)


def main() -> None:
    """Measure every line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    arguments = parser.parse_args()
    # pip compiles what it installs; a checkout may not have been compiled yet.
    for package in (diagnose, catalog):
        compileall.compile_dir(Path(package.__file__).parent, quiet=1)
    measured: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        for _, function, *_ in LINES:
            if function.__name__ not in measured:
                measured[function.__name__] = function(Path(name))
    if arguments.json:
        print(json.dumps(measured, indent=2))
        return
    print(f"{'what':<44} {'measured':>12}   goal, at most")
    for title, function, key, unit, goal in LINES:
        value = measured[function.__name__][key]
        print(f"{title:<44} {value:>9.2f} {unit:<3}  {goal:g} {unit}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores; this process {peak:.0f} MiB")


if __name__ == "__main__":
    main()
