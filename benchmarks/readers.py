"""How fast logs are read: `python benchmarks/readers.py [--json] [--only NAME] [--scale X]`.

What is compared runs in a virtual environment of its own, which is made for it, on the same file,
alternating with ours in the same run. With `--logs FOLDER` it also reads a collection of logs that
has a MANIFEST.csv (file, format, has_train_loss, has_val_loss), and prints a table by format.
"""

from __future__ import annotations

import argparse
import compileall
import csv
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

COMMAND = "from diagnose.cli import main; main()"
REPEATS = 3
Figures = dict[str, float]


def spawn(arguments: list[str]) -> tuple[float, float, int]:
    """Run a program without its output; return its seconds, peak memory in MiB and exit code."""
    start = time.perf_counter()
    silent = [(os.POSIX_SPAWN_OPEN, n, os.devnull, os.O_WRONLY, 0) for n in (1, 2)]
    child = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=silent)
    _, status, usage = os.wait4(child, 0)
    return (
        time.perf_counter() - start,
        usage.ru_maxrss / 1024,
        os.waitstatus_to_exitcode(status),
    )


def ours(*arguments: str) -> tuple[float, float]:
    """Time the whole command; return its seconds and its peak memory in MiB."""
    seconds, peak, code = spawn([sys.executable, "-c", COMMAND, *arguments])
    if code:
        raise SystemExit(f"`diagnose {' '.join(arguments)}` ended with {code}")
    return seconds, peak


def environment(folder: Path, package: str) -> Path:
    """Make a virtual environment with a package; return its folder of programs."""
    home = folder / f"environment-{package}"
    venv.create(home, with_pip=True)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "install", "-q", package]
    subprocess.run(pip, check=True, stdout=sys.stderr)
    return programs


NAMES = ("step", "train_loss", "val_loss", "lr", "grad_norm", "train_acc", "val_acc", "seconds")
FORMATS = ("%d", "%.6f", "%.6f", "%.3e", "%.5f", "%.4f", "%.4f", "%.2f")


def curves(rows: int, seed: int) -> np.ndarray[Any, Any]:
    """Return the columns of NAMES."""
    rng = np.random.default_rng(seed)
    t = np.arange(rows) / rows
    train = 2.3 * np.exp(-5 * t) + 0.05 + 0.02 * rng.standard_normal(rows)
    val = 2.3 * np.exp(-5 * t) + 0.2 + 0.2 * t + 0.02 * rng.standard_normal(rows)
    norm = 1 + rng.random(rows)
    accuracies = np.clip([1 - train / 3, 1 - val / 3], 0, 1)
    return np.column_stack(
        [np.arange(rows), train, val, 1e-3 * (1 - t), norm, *accuracies, 0.13 * np.arange(rows)]
    )


def write_csv(path: Path, rows: int, seed: int, columns: int = 5) -> None:
    """Write curves as a table."""
    np.savetxt(
        path, curves(rows, seed)[:, :columns], fmt=FORMATS[:columns], delimiter=",", comments="",
        header=",".join(NAMES[:columns]),
    )  # fmt: skip


STAGES = """
import json, sys, time
times = {}
def stage(name, start=[time.perf_counter()]):
    now = time.perf_counter()
    times[name], start[0] = now - start[0], now
from diagnose.cli import main
from diagnose.readers.table import Choice, to_runs
from diagnose.readers.source import Source
from diagnose.readers.delimited import READER
from diagnose.render.console import make_console
from diagnose.render.text import print_report
from diagnose.report import judge
stage("imports")
table = READER.table(Source(sys.argv[1]), Choice())
stage("parse")
(run,) = to_runs(table, sys.argv[1], Choice())
stage("axis_and_roles")
report = judge(run)
stage("rules")
with open("/dev/null", "w") as sys.stdout:
    print_report(report, make_console("never"), True)
stage("report")
json.dump(times, sys.__stdout__)
"""


def stages(log: Path) -> Figures:
    """Return the seconds of each stage of the command, the least of several runs."""
    runs = []
    for _ in range(REPEATS):
        said = subprocess.run(
            [sys.executable, "-c", STAGES, str(log)], check=True, capture_output=True
        )
        runs.append(json.loads(said.stdout))
    return {f"{name}_seconds": min(run[name] for run in runs) for name in runs[0]}


def large_csv(folder: Path, scale: float) -> Figures:
    """Judge a CSV of a million rows, of three widths, beside trainproof."""
    trainproof = environment(folder, "trainproof") / "trainproof"
    log = folder / "large.csv"
    figures: Figures = {}
    for columns in (3, 8, 5):
        write_csv(log, max(int(1_000_000 * scale), 1000), 1, columns)
        mine, theirs = [], []
        for _ in range(REPEATS):
            mine.append(ours(str(log)))
            theirs.append(spawn([str(trainproof), "epoch", str(log)]))
        ratio = statistics.median(b[0] / a[0] for a, b in zip(mine, theirs, strict=True))
        figures[f"ratio_{columns}_columns"] = ratio
    return {
        **figures,
        "seconds": min(s for s, _ in mine),
        "trainproof_seconds": min(s for s, _, _ in theirs),
        "peak_mib": max(peak for _, peak in mine),
        "trainproof_peak_mib": max(peak for _, peak, _ in theirs),
        **stages(log),
    }


def huge_csv(folder: Path, scale: float) -> Figures:
    """Judge a CSV of ten million rows: those of a million, each ten times, at its own step."""
    write_csv(folder / "large.csv", max(int(1_000_000 * scale), 1000), 1)
    log = folder / "huge.csv"
    with (folder / "large.csv").open() as rows, log.open("w") as stream:
        stream.write(next(rows))
        for index, row in enumerate(rows):
            values = row.partition(",")[2]
            stream.writelines(f"{10 * index + part},{values}" for part in range(10))
    seconds, peak = ours(str(log))
    return {"seconds": seconds, "peak_mib": peak, "bytes": log.stat().st_size}


def write_events(path: Path, steps: int) -> None:
    """Write a training and a validation loss as TensorBoard's simple values."""

    def varint(number: int) -> bytes:
        out = bytearray()
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        return bytes([*out, number])

    def checksum(data: bytes) -> int:
        crc = 0xFFFFFFFF
        for byte in data:
            crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
        crc ^= 0xFFFFFFFF
        return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF

    def record(event: bytes) -> bytes:
        size = struct.pack("<Q", len(event))
        return b"".join(
            [size, struct.pack("<I", checksum(size)), event, struct.pack("<I", checksum(event))]
        )

    with path.open("wb") as stream:
        stream.write(record(struct.pack("<Bd", 0x09, 1.7e9) + b"\x1a\x0dbrain.Event:2"))
        for step, train, val, *_ in curves(steps, 2).tolist():
            for tag, value in ((b"train/loss", train), (b"val/loss", val)):
                body = b"\x0a" + varint(len(tag)) + tag + struct.pack("<Bf", 0x15, value)
                summary = b"\x0a" + varint(len(body)) + body
                stream.write(
                    record(
                        struct.pack("<Bd", 0x09, 1.7e9 + step)
                        + (b"\x10" + varint(int(step)) if step else b"")
                        + b"\x2a" + varint(len(summary)) + summary
                    )
                )  # fmt: skip


TABLE = []
"""The checksum CRC-32C, a byte at a time."""
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    TABLE.append(_byte)

OUR_EVENTS = """
import sys, time
from diagnose.readers.source import Source
from diagnose.readers.table import Choice
from diagnose.readers.tensorboard import READER
start = time.perf_counter()
columns = READER.read(Source(sys.argv[1]), Choice()).columns
seconds = time.perf_counter() - start
print(seconds, sum(len(c.row) for name, c in columns.items() if name != "step"),
      sum(c.value.sum() for name, c in columns.items() if name != "step"))
"""
THEIR_EVENTS = """
import sys, time
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
start = time.perf_counter()
found = EventAccumulator(sys.argv[1], {"scalars": 0}).Reload()
rows = {tag: found.Scalars(tag) for tag in found.Tags()["scalars"]}
seconds = time.perf_counter() - start
print(seconds, sum(map(len, rows.values())), sum(e.value for r in rows.values() for e in r))
"""


def event_file(folder: Path, scale: float) -> Figures:
    """Read an event file of 200,000 scalars, beside TensorBoard's own accumulator."""
    log = folder / "events.out.tfevents.1700000000.host.1.0"
    write_events(log, max(int(100_000 * scale), 100))
    python = environment(folder, "tensorboard") / "python"

    def timed(program: str, code: str) -> list[float]:
        done = subprocess.run(
            [program, "-c", code, str(log)], check=True, capture_output=True, text=True
        )
        return [float(word) for word in done.stdout.split()]

    mine, theirs = [], []
    for _ in range(REPEATS):
        mine.append(timed(sys.executable, OUR_EVENTS))
        theirs.append(timed(str(python), THEIR_EVENTS))
    if mine[0][1] != theirs[0][1] or not np.isclose(mine[0][2], theirs[0][2]):
        raise SystemExit(f"the readers disagree: {mine[0]} and {theirs[0]}")
    return {
        "seconds": min(row[0] for row in mine),
        "event_accumulator_seconds": min(row[0] for row in theirs),
        "ratio": statistics.median(b[0] / a[0] for a, b in zip(mine, theirs, strict=True)),
        "scalars": mine[0][1],
    }


def progress_bars(folder: Path, scale: float) -> Figures:
    """Judge 100 MB of what Keras draws: a bar for each batch, over carriage returns."""
    log = folder / "bars.log"
    size = int(100_000_000 * scale)
    epoch = written = 0
    with log.open("w", encoding="utf-8", newline="") as stream:
        while written < size:
            epoch += 1
            written += stream.write(f"Epoch {epoch}/9999\n")
            for batch in range(1, 1001):
                loss = 2.3 / epoch + 0.1 + 0.3 * np.exp(-batch / 200)
                bar = "=" * (batch * 29 // 1000)
                written += stream.write(
                    f"\r{batch:>4}/1000 [{bar}>{'.' * (29 - len(bar))}] - ETA: 12s - loss:"
                    f" {loss:.4f} - accuracy: {1 - loss / 4:.4f}"
                )
            written += stream.write(
                f"\r1000/1000 [{'=' * 30}] - 12s 12ms/step - loss: {2.3 / epoch + 0.1:.4f} -"
                f" accuracy: {0.9:.4f} - val_loss: {2.3 / epoch + 0.2:.4f} - val_accuracy: 0.8\n"
            )
    runs = [ours(str(log)) for _ in range(REPEATS)]
    return {
        "seconds": min(s for s, _ in runs),
        "peak_mib": max(peak for _, peak in runs),
        "bytes": log.stat().st_size,
    }


def many_logs(folder: Path, scale: float) -> Figures:
    """Judge a folder of 10,000 logs of 200 rows, one of them broken."""
    home = folder / "runs"
    home.mkdir()
    count = max(int(10_000 * scale), 10)
    texts = []
    for seed in range(50):
        write_csv(folder / "one.csv", 200, seed)
        texts.append((folder / "one.csv").read_bytes())
    for index in range(count):
        (home / f"run_{index}.csv").write_bytes(texts[index % len(texts)])
    (home / "broken.json").write_text('{"loss": [1.0, 0.5')
    times = []
    for _ in range(REPEATS if scale < 1 else 1):
        seconds, _, code = spawn([sys.executable, "-c", COMMAND, str(home)])
        if code != 2:
            raise SystemExit(f"the command ended with {code}, where one log is broken")
        times.append(seconds)
    return {"seconds": min(times), "logs": count, "ms_each": 1000 * min(times) / count}


NO_CURVES = (
    "play against each other",
    "the losses of reinforcement learning",
    "each trial of a search",
    "is a table of runs",
)
"""Sentences on losses that are no curve of one training, and are not to be judged as one."""


def coverage(logs: Path) -> dict[str, dict[str, int]]:
    """Read every log of a collection; count by format what has a curve and what was read."""
    from diagnose.errors import DiagnoseError  # noqa: PLC0415 (only this needs it)
    from diagnose.readers import read_runs  # noqa: PLC0415

    table: dict[str, dict[str, int]] = {}
    with (logs / "MANIFEST.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        counts = table.setdefault(
            row["format"],
            {"files": 0, "curves": 0, "read": 0, "both": 0, "refused": 0, "false": 0},
        )
        # A single point is no curve, whatever the manifest says of its loss.
        points = int(row["n_points"] or 0)
        told = {"1"} & {row["has_train_loss"], row["has_val_loss"]} and points > 1
        refusal = ""
        try:
            runs = read_runs(logs / row["file"])
        except DiagnoseError as error:
            runs, refusal = [], str(error)
        counts["files"] += 1
        counts["curves"] += bool(told)
        counts["read"] += bool(told and runs)
        counts["refused"] += bool(told and any(words in refusal for words in NO_CURVES))
        counts["both"] += any(run.train_loss and run.val_loss for run in runs)
        counts["false"] += bool(runs and row["format"] == "negative_controls")
    return table


Line = tuple[str, Callable[[Path, float], Figures], str, str, str, float]
LINES: tuple[Line, ...] = (
    ("CSV of 1,000,000 rows, faster than trainproof by", large_csv, "ratio_5_columns", "x", "least",
     15.0),
    ("  of 3 columns", large_csv, "ratio_3_columns", "x", "least", 15.0),
    ("  of 8 columns", large_csv, "ratio_8_columns", "x", "least", 15.0),
    ("  its peak memory", large_csv, "peak_mib", "MiB", "most", 300.0),
    ("CSV of 10,000,000 rows", huge_csv, "seconds", "s", "", 0.0),
    ("  its peak memory", huge_csv, "peak_mib", "MiB", "", 0.0),
    ("events, faster than EventAccumulator by", event_file, "ratio", "x", "least", 10.0),
    ("100 MB of progress bars", progress_bars, "seconds", "s", "most", 5.0),
    ("10,000 logs in a folder, one of them broken", many_logs, "seconds", "s", "most", 60.0),
)  # fmt: skip


def main() -> None:
    """Measure every line and print the table."""
    names = sorted({function.__name__ for _, function, *_ in LINES})
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the measurements as JSON")
    parser.add_argument(
        "--only", choices=[*names, "coverage"], action="append", help="measure this"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="sizes, as a share of the full")
    parser.add_argument("--logs", type=Path, help="a collection of logs with a MANIFEST.csv")
    arguments = parser.parse_args()
    if arguments.logs is not None and not (arguments.logs / "MANIFEST.csv").is_file():
        parser.error(f"--logs {arguments.logs}: there is no MANIFEST.csv in such a folder")
    if arguments.logs is None and "coverage" in (arguments.only or ()):
        parser.error("--only coverage needs --logs FOLDER")
    wanted = arguments.only or [*names, "coverage"]
    # pip compiles what it installs; a checkout may not have been compiled yet.
    for package in ("diagnose", "catalog"):
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=1)
    measured: dict[str, Any] = {}
    for name in dict.fromkeys(function.__name__ for _, function, *_ in LINES):
        if name in wanted:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    measured[name] = globals()[name](Path(folder), arguments.scale)
                except subprocess.CalledProcessError as error:
                    measured[name] = {"error": f"{Path(error.cmd[0]).name} failed"}
    if arguments.logs is not None and "coverage" in wanted:
        measured["coverage"] = coverage(arguments.logs)
    if arguments.json:
        print(json.dumps(measured, indent=2))
        return
    print(f"{'what':<50} {'measured':>12}   goal, at full size")
    for title, function, key, unit, bound, goal in LINES:
        figures = measured.get(function.__name__)
        if figures is None:
            continue
        if "error" in figures:
            print(f"{title:<50} not measured: {figures['error']}")
            continue
        wish = f"   at {bound} {goal:g} {unit}" if bound else ""
        print(f"{title:<50} {figures[key]:>8.2f} {unit:<3}{wish}")
    for name, figures in measured.items():
        if name != "coverage":
            told = ", ".join(
                f"{key} {value if isinstance(value, str) else format(value, '.4g')}"
                for key, value in figures.items()
            )
            print(f"  {name}: {told}")
    if "coverage" in measured:
        print_coverage(measured["coverage"])
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores, scale {arguments.scale:g}")


def print_coverage(table: dict[str, dict[str, int]]) -> None:
    """Print what was read of each format, and of all."""
    columns = ("files", "curves", "read", "both", "refused", "false")
    print(f"\n{'format':<28}" + "".join(f"{name:>8}" for name in columns))
    for name, counts in sorted(table.items()):
        print(f"{name:<28}" + "".join(f"{counts[column]:>8}" for column in columns))
    total = {column: sum(counts[column] for counts in table.values()) for column in columns}
    print(f"{'all':<28}" + "".join(f"{total[column]:>8}" for column in columns))
    curves = total["curves"] - total["refused"]
    print(
        f"{total['read']} of {total['curves']} logs with losses are read; {total['refused']} are"
        " refused as those of a game, an agent, trials or runs, one value each;"
        f" of the rest {100 * total['read'] / max(curves, 1):.1f} % are read"
    )


if __name__ == "__main__":
    main()
