"""Reports as JSON: the contract for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from diagnose.report import SCHEMA, Report


def to_json(reports: Sequence[Report], several: bool = False) -> str:
    """Write one report as one object, several as `{"schema": 1, "reports": [...]}`.

    Args:
        reports: The reports.
        several: Write the list form even for one.
    """
    made = [report.to_dict() for report in reports]
    document = made[0] if len(made) == 1 and not several else {"schema": SCHEMA, "reports": made}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)


def report_json(report: Report) -> str:
    """Write one report as one object."""
    return to_json([report])


def joined_json(reports: Iterable[str]) -> Iterator[str]:
    """Yield the parts of `{"schema": 1, "reports": [...]}` from reports that were written."""
    yield f'{{\n  "schema": {SCHEMA},\n  "reports": ['
    count = 0
    for count, text in enumerate(reports, start=1):
        # No string of JSON holds the end of a line.
        yield ("," if count > 1 else "") + "\n    " + text.replace("\n", "\n    ")
    yield ("\n  ]" if count else "]") + "\n}\n"
