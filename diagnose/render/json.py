"""Reports as JSON: the contract for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

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
