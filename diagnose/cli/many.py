"""Judge several logs: one that cannot be judged does not stop the rest, and is told in the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from diagnose.cli.judging import Judged, Settings, judge_many, judge_one, reports_of
from diagnose.cli.outcome import COULD_NOT_JUDGE, FAILED_ON, JUDGED, say
from diagnose.cli.paths import Logs
from diagnose.cli.progress import progress_bar
from diagnose.cli.show import View, show_reports, show_table, tell
from diagnose.readers.folder.found import Found
from diagnose.report import Report, Summary

FEW = 3
"""So many runs get a report each; more share one table."""
SHOWN_ERRORS = 20


class _Collected:
    """What came of the logs so far."""

    def __init__(self, errors: list[str], is_verbose: bool) -> None:
        self.errors = errors
        self.passed_over: list[str] = []
        self.damaged: list[str] = []
        self.summaries: list[Summary] = []
        self.judged: list[Found] = []
        self.is_failed = False
        self._is_verbose = is_verbose

    def take(self, found: Found, judged: Judged) -> None:
        """Take what came of a log."""
        tell(judged.told)
        self.damaged += judged.damaged
        if judged.is_no_log:
            self.passed_over.append(judged.error)
        elif judged.error:
            self.errors.append(judged.error)
        else:
            self.summaries += judged.summaries
            self.judged.append(found)
            self.is_failed |= judged.is_failed

    def end(self) -> int:
        """Tell what could not be judged, and return the exit code."""
        shown = len(self.errors) if self._is_verbose else SHOWN_ERRORS
        for error in self.errors[:shown]:
            say(error)
        if len(self.errors) > shown:
            say(f"and {len(self.errors) - shown} more; --verbose tells all.")
        tell(self.damaged if self._is_verbose else self.damaged[:SHOWN_ERRORS])
        passed = self.passed_over
        if passed and not self.summaries and not self.errors:
            return say(f"none of the {len(passed)} files is a log of a training run: {passed[0]}")
        if passed and self._is_verbose:
            tell(f"passed over: {error}" for error in passed)
        elif passed:
            tell(
                [
                    f"{len(passed)} file{'s' * (len(passed) != 1)} without a training curve passed"
                    " over; --verbose names them."
                ]
            )
        if self.errors:
            return COULD_NOT_JUDGE
        return FAILED_ON if self.is_failed else JUDGED


def judge_all(named: Logs, settings: Settings, view: View) -> int:
    """Judge logs and show what came of them; return the exit code."""
    collected = _Collected([str(error) for error in named.errors], settings.is_verbose)
    if settings.as_json:
        _write(_documents(named.found, settings, collected), named.is_plural)
    elif view.full:
        show_reports(_reports(named.found, settings, collected), view)
    elif len(named.found) <= FEW and not named.is_folder:
        reports = list(_reports(named.found, settings, collected))
        if len(reports) > FEW:
            show_table(collected.summaries, len(collected.errors), view)
        else:
            show_reports(reports, view)
    else:
        for _ in _documents(named.found, settings, collected):
            pass
        if len(collected.summaries) > 1:
            show_table(collected.summaries, len(collected.errors), view)
        elif collected.summaries:
            show_reports(reports_of(collected.judged[0], settings, None), view)
    return collected.end()


def _documents(found: list[Found], settings: Settings, collected: _Collected) -> Iterator[str]:
    """Judge logs over all cores, and yield their reports as JSON if that is wanted."""
    with progress_bar("Judging") as progress:
        for done, judged in enumerate(judge_many(found, settings)):
            collected.take(found[done], judged)
            if progress is not None:
                progress(done + 1, len(found))
            yield from judged.documents


def _reports(found: list[Found], settings: Settings, collected: _Collected) -> Iterator[Report]:
    """Judge logs one after another."""
    for item in found:
        judged, reports = judge_one(item, settings)
        collected.take(item, judged)
        yield from reports


def _write(documents: Iterator[str], is_plural: bool) -> None:
    """Write reports as they come: one as an object, unless several logs were asked for."""
    from diagnose.render.json import joined_json  # noqa: PLC0415 (as all renderers)

    first = next(documents, None)
    if first is None:
        return
    second = next(documents, None)
    if second is None and not is_plural:
        sys.stdout.write(first + "\n")
        return

    def whole() -> Iterator[str]:
        yield first
        if second is not None:
            yield second
            yield from documents

    for part in joined_json(whole()):
        sys.stdout.write(part)
