"""Say what is wrong with a training run: underfitting or overfitting, why, and what to try.

    from diagnose import diagnose
    print(diagnose("logs.csv"))

Names are imported when first used, so that `import diagnose` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diagnose.api import diagnose
    from diagnose.errors import DataError, DiagnoseError, LogError, MissingExtra, UnknownName
    from diagnose.readers import read, read_runs
    from diagnose.report import Report
    from diagnose.run import Run, Series

__version__ = "0.1.0"
__all__ = [
    "DataError",
    "DiagnoseError",
    "LogError",
    "MissingExtra",
    "Report",
    "Run",
    "Series",
    "UnknownName",
    "diagnose",
    "read",
    "read_runs",
]

_HOMES = {
    "diagnose": "diagnose.api",
    "read": "diagnose.readers",
    "read_runs": "diagnose.readers",
    "Report": "diagnose.report",
    "Run": "diagnose.run",
    "Series": "diagnose.run",
    **dict.fromkeys(
        ("DataError", "DiagnoseError", "LogError", "MissingExtra", "UnknownName"),
        "diagnose.errors",
    ),
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'diagnose' has no attribute {name!r}")
    import importlib  # noqa: PLC0415 (only a use of a name pays for it)

    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
