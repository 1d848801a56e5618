"""MLflow's SQLite store, `mlflow.db`: the metrics of every run in one database.

Tables: metrics (key, value, timestamp, run_uuid, step, is_nan), runs (run_uuid, name, status,
lifecycle_stage, experiment_id), experiments (experiment_id, name). Infinities are stored as the
largest float.
Source: https://github.com/mlflow/mlflow/blob/master/mlflow/store/tracking/dbmodels/models.py.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import numpy as np

from diagnose.errors import LogError
from diagnose.readers.axis import Column, counted
from diagnose.readers.columns import meaning
from diagnose.readers.reader import Reader
from diagnose.readers.source import MAX_BYTES, READ_ERRORS, Source, reason
from diagnose.readers.table import Choice, Table, listing

if TYPE_CHECKING:
    import sqlite3

MAGIC = b"SQLite format 3\0"
MAX_POINTS = 5_000_000
MAX_VALUE = 1 << 20
"""No text or row of the database may be longer."""
PATIENCE_S = 60.0
"""A damaged database may answer without end."""
_STEPS = 100_000
_NEEDED = ("run_uuid", "key", "value")


class _Point(NamedTuple):
    step: float
    value: float


def _recognizes(source: Source) -> float:
    return 0.9 if source.head.startswith(MAGIC) else 0.0


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[sqlite3.Connection]:
    """Open the database so that neither it nor anything beside it is written or locked."""
    import sqlite3  # noqa: PLC0415 (few logs are databases)

    try:
        with contextlib.closing(_connected(source)) as connection:
            end = time.monotonic() + PATIENCE_S
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
            connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            yield connection
    except UnicodeError:  # SQLite's own message quotes what is damaged
        raise LogError(f"{source.name}: the database is damaged.") from None
    except (sqlite3.Error, OverflowError) as error:
        told = "".join(c if c.isprintable() else " " for c in str(error))  # it quotes the file
        raise LogError(f"{source.name}: the database cannot be read: {told}.") from None


def _connected(source: Source) -> sqlite3.Connection:
    """Connect to the file, or to what it holds where it is compressed."""
    import sqlite3  # noqa: PLC0415

    path = source.path
    if path is not None and path.is_file():
        with path.open("rb") as stream:
            plain = stream.read(len(MAGIC)) == MAGIC
        if plain:
            name = quote(os.fsencode(path.absolute().as_posix()))
            return sqlite3.connect(f"file:{name}?mode=ro&immutable=1", uri=True)
    with source.open() as stream:
        content = stream.read(MAX_BYTES + 1)
    connection = sqlite3.connect(":memory:")
    if len(content) > MAX_BYTES or not hasattr(connection, "deserialize"):
        connection.close()
        raise LogError(f"{source.name}: a compressed database of this size; unpack it first.")
    connection.deserialize(content)
    return connection


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of each plain table."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' LIMIT 1000"
    ).fetchall()
    names = [
        name
        for name, sql in found
        if isinstance(name, str) and str(sql).lstrip().upper().startswith("CREATE TABLE")
    ]
    known = [name for name in names if name.lower() in ("metrics", "runs", "experiments")]
    out: dict[str, list[str]] = {name: [] for name in names}
    for name in known:
        columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
        out[name] = [str(column[1]) for column in columns]
    return out


def _points(
    connection: sqlite3.Connection, columns: Sequence[str], notes: list[str]
) -> dict[str, dict[str, list[_Point]]]:
    """Return the points of each metric of each run, in the order of the steps."""
    more = {name: name if name in columns else "0" for name in ("step", "timestamp", "is_nan")}
    rows = connection.execute(
        f"SELECT run_uuid, key, value, {more['step']}, {more['is_nan']} FROM metrics"
        f" ORDER BY run_uuid, {more['step']}, {more['timestamp']} LIMIT {MAX_POINTS + 1}"
    )
    found: dict[str, dict[str, list[_Point]]] = {}
    for count, (run, key, value, step, is_nan) in enumerate(rows):
        if count == MAX_POINTS:
            notes.append(f"more than {MAX_POINTS:,} values; what follows was left out")
            break
        if not isinstance(value, int | float) or not isinstance(step, int | float):
            continue
        number = float(value)
        if abs(number) >= sys.float_info.max:
            number = float("inf") if number > 0 else float("-inf")
        point = _Point(float(step), float("nan") if is_nan else number)
        found.setdefault(str(run), {}).setdefault(str(key), []).append(point)
    return found


def _called(
    connection: sqlite3.Connection, tables: dict[str, list[str]], notes: list[str]
) -> dict[str, str]:
    """Return what each run is called; deleted runs are not among them."""
    columns = tables.get("runs", [])
    if "run_uuid" not in columns:
        return {}
    name = "name" if "name" in columns else "''"
    stage = "lifecycle_stage" if "lifecycle_stage" in columns else "'active'"
    experiment = "experiment_id" if "experiment_id" in columns else "NULL"
    rows = connection.execute(
        f"SELECT run_uuid, {name}, {stage}, {experiment} FROM runs LIMIT 100000"
    ).fetchall()
    experiments: dict[Any, str] = {}
    if {"experiment_id", "name"} <= set(tables.get("experiments", [])):
        told = connection.execute("SELECT experiment_id, name FROM experiments LIMIT 100000")
        experiments = {number: str(label) for number, label in told}
    active = [row for row in rows if str(row[2]).lower() != "deleted"]
    if len(active) < len(rows):
        notes.append(f"{counted(len(rows) - len(active), 'deleted run')} left out")
    several = len({row[3] for row in active}) > 1
    out = {}
    for run, label, _, number in active:
        place = f"{experiments[number]}/" if several and number in experiments else ""
        out[str(run)] = f"{place}{f'{label} ' if label else ''}{str(run)[:8]}"
    return out


def _has_curve(metrics: dict[str, list[_Point]]) -> bool:
    return any(
        len(points) > 1 and meaning(key).kind in ("loss", "loss_like", "perplexity")
        for key, points in metrics.items()
    )


def _read(source: Source, choice: Choice) -> Table:
    notes: list[str] = []
    try:
        with _opened(source) as connection:
            tables = _tables(connection)
            if not set(_NEEDED) <= set(tables.get("metrics", [])):
                raise LogError(
                    f"{source.name}: is a SQLite database without MLflow's metrics;"
                    f" its tables: {listing(list(tables))}."
                )
            found = _points(connection, tables["metrics"], notes)
            called = _called(connection, tables, notes)
    except READ_ERRORS as error:
        raise LogError(f"{source.name}: cannot be read: {reason(error)}") from None
    if called:
        found = {run: metrics for run, metrics in found.items() if run in called}
    named = choice.roles_given()
    runs = {run: metrics for run, metrics in found.items() if named or _has_curve(metrics)}
    if not runs:
        keys = list(dict.fromkeys(key for metrics in found.values() for key in metrics))
        raise LogError(
            f"{source.name}: no training curve here: {counted(len(found), 'run')}, none of which"
            f" logged a loss more than once. Metrics seen: {listing(keys)}."
        )
    if len(runs) < len(found):
        notes.append(
            f"{counted(len(found) - len(runs), 'run')} of {len(found)} without a curve of a loss"
            " left out"
        )
    wal = None if source.path is None else source.path.with_name(f"{source.path.name}-wal")
    if wal is not None and wal.is_file() and wal.stat().st_size:
        notes.append(
            f"what stands in {wal.name} alone, which a server has yet to join, is not read"
        )
    return Table("MLflow database", _columns(runs, called, notes), notes)


def _columns(
    runs: dict[str, dict[str, list[_Point]]], called: dict[str, str], notes: list[str]
) -> dict[str, Column]:
    """Give each run rows of its own, one a step; of several, the columns bear the run's name."""
    steps: list[float] = []
    out: dict[str, Column] = {}
    twice = 0
    for run, metrics in runs.items():
        start = len(steps)
        own = sorted({point.step for points in metrics.values() for point in points})
        repeated = any(len({p.step for p in points}) < len(points) for points in metrics.values())
        for key, points in metrics.items():
            if len(runs) > 1 and meaning(key).kind == "other":
                continue
            at = {point.step: point.value for point in points}
            prefix = f"{called.get(run, run[:8])} - " if len(runs) > 1 else ""
            if repeated and len(own) == 1:
                # Every value at one step: none was told, and they stand in their order.
                rows = start + np.arange(len(points))
                values = [point.value for point in points]
            else:
                twice += len(points) - len(at)
                rows = start + np.searchsorted(own, list(at))
                values = list(at.values())
            name = f"{prefix}{key}"
            out[name if name != "step" else "step (metric)"] = Column(rows, np.array(values))
        longest = max(map(len, metrics.values()))
        steps += [float(i) for i in range(longest)] if repeated and len(own) == 1 else own
    if twice:
        notes.append(f"{counted(twice, 'value')} logged again at the same step replaced")
    return {"step": Column.of(steps), **out}


READER = Reader(
    "mlflow_db",
    _recognizes,
    _read,
    "MLflow's SQLite database, every run with a curve of a loss",
    "mlflow.db",
)
