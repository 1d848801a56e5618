"""Judge logs one by one: in this process, or many of them over all cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from diagnose.errors import DiagnoseError, LogError
from diagnose.readers import read_file
from diagnose.readers.folder.found import Found
from diagnose.readers.folder.read import is_no_log, read_found
from diagnose.readers.table import Choice
from diagnose.references import References
from diagnose.report import Report, Summary, judge

SECONDS_A_LOG = 0.002
SECONDS_A_BYTE = 2e-8
"""Rough costs of a log, to tell whether further processes pay."""
WORTHWHILE_SECONDS = 0.8
"""Starting processes pays for more work than this."""
MAX_CHUNK = 32
"""Logs handed to a process at once."""


class Settings(NamedTuple):
    """What is the same for all logs.

    Attributes:
        choice: Columns that the user named.
        references: What the losses are compared with.
        as_format: The name of the reader to use; the one that recognizes a log if None.
        watched: Problems and findings that the exit code tells.
        as_json: Whether reports are wanted as JSON.
        is_verbose: Whether to tell how a log was read.
    """

    choice: Choice
    references: References
    as_format: str | None = None
    watched: frozenset[str] = frozenset()
    as_json: bool = False
    is_verbose: bool = False


class Judged(NamedTuple):
    """What came of one log.

    Attributes:
        summaries: One line for each of its runs.
        documents: Their reports as JSON, if those are wanted.
        is_failed: Whether something that is watched was found.
        error: Why it could not be judged; empty if it was.
        is_no_log: Whether it was only found in a folder and is no log at all.
        told: How it was read.
        damaged: What is wrong with files of it, where others told its run.
    """

    summaries: tuple[Summary, ...] = ()
    documents: tuple[str, ...] = ()
    is_failed: bool = False
    error: str = ""
    is_no_log: bool = False
    told: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


def reports_of(
    found: Found,
    settings: Settings,
    told: list[str] | None,
    damaged: list[str] | None = None,
) -> list[Report]:
    """Judge the runs of one log.

    Args:
        found: The log.
        settings: What is the same for all logs.
        told: Takes how it was read.
        damaged: Takes what is wrong with files of it, where others told its run.

    Raises:
        DiagnoseError: If it cannot be read.
    """
    if settings.as_format is not None:
        runs = read_file(found.path, settings.choice, settings.as_format, told)
    else:
        runs = read_found(found, settings.choice, told, damaged)
    if told is not None:
        from diagnose.readers.explain import explained  # noqa: PLC0415 (only with --verbose)

        for run in runs:
            told += explained(run)
    return [judge(run, settings.references) for run in runs]


def judge_one(found: Found, settings: Settings) -> tuple[Judged, list[Report]]:
    """Judge one log; whatever is wrong with it is told, never raised."""
    told: list[str] | None = [] if settings.is_verbose else None
    damaged: list[str] = []
    try:
        reports = reports_of(found, settings, told, damaged)
    except DiagnoseError as error:
        no_log = not found.is_sure and isinstance(error, LogError) and is_no_log(error)
        return Judged(error=str(error), is_no_log=no_log, told=tuple(told or ())), []
    except Exception as error:
        message = (
            f"{found.path}: an error of ours ({type(error).__name__}: {error}). The command on this"
            " log alone, with --debug, shows where; please report it."
        )
        return Judged(error=message, told=tuple(told or ())), []
    judged = _judged(reports, settings, tuple(told or ()))
    if len(judged.summaries) == 1:
        # The path that names the run names it in a command, too.
        (summary,) = judged.summaries
        judged = judged._replace(summaries=(summary._replace(source=found.path),))
    return judged._replace(damaged=tuple(damaged)), reports


def _judged(reports: Sequence[Report], settings: Settings, told: tuple[str, ...]) -> Judged:
    documents: tuple[str, ...] = ()
    if settings.as_json:
        from diagnose.render.json import report_json  # noqa: PLC0415 (only where it is wanted)

        documents = tuple(map(report_json, reports))
    return Judged(
        tuple(report.summary() for report in reports),
        documents,
        any(is_watched(report, settings.watched) for report in reports),
        told=told,
    )


def judge_many(found: Sequence[Found], settings: Settings) -> Iterator[Judged]:
    """Judge logs in their order, over all cores where that pays."""
    cores = _cores()
    if cores > 1 and "-" not in {item.path for item in found} and _pays(found):
        yield from _over_cores(found, settings, cores)
    else:
        for item in found:
            yield judge_one(item, settings)[0]


def _cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _pays(found: Sequence[Found]) -> bool:
    """Return whether the work is worth further processes."""
    seconds = 0.0
    for item in found if len(found) > 1 else ():
        try:
            size = sum(os.path.getsize(path) for path in item.ways[0].files)
        except OSError:
            size = 0
        seconds += SECONDS_A_LOG + SECONDS_A_BYTE * size
        if seconds > WORTHWHILE_SECONDS:
            return True
    return False


def _over_cores(found: Sequence[Found], settings: Settings, cores: int) -> Iterator[Judged]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 (few commands need them)
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    chunk = max(1, min(MAX_CHUNK, len(found) // (4 * cores)))
    done = 0
    while done < len(found):
        pool = ProcessPoolExecutor(cores, initializer=_leave_interrupts, initargs=(settings,))
        try:
            for judged in pool.map(_judge_in_pool, found[done:], chunksize=chunk):
                yield judged
                done += 1
        except BrokenProcessPool:
            if cores == chunk == 1:
                yield Judged(
                    error=f"{found[done].path}: the process that read it was ended from outside,"
                    " for want of memory most often."
                )
                done += 1
            # One by one shows which log it was.
            cores = chunk = 1
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_settings: Settings | None = None


def _leave_interrupts(settings: Settings) -> None:
    """Prepare a process of the pool; the parent alone answers to Ctrl-C."""
    import signal  # noqa: PLC0415 (only in a process of the pool)

    global _settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _settings = settings


def _judge_in_pool(found: Found) -> Judged:
    if _settings is None:
        raise RuntimeError("the process was not prepared")
    return judge_one(found, _settings)[0]


def is_watched(report: Report, watched: frozenset[str]) -> bool:
    """Return whether a report holds something that is watched for."""
    verdict = report.verdict
    names = {verdict.problem, *verdict.also, *(f.code for f in report.found)}
    bad = verdict.problem in ("underfitting", "overfitting") or bool(verdict.also)
    return bool(names & watched) or ("any" in watched and bad)
