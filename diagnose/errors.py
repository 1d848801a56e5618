"""What can go wrong, as a user sees it.

DiagnoseError
├── LogError       a log cannot be read, or holds no training curve
├── DataError      numbers or settings that were passed in make no sense
├── UnknownName    no rule, technique or column of that name
└── MissingExtra   a feature needs a package that is not installed

Each message is one sentence that says what, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable


class DiagnoseError(Exception):
    """Base of everything this package raises on purpose."""


class LogError(DiagnoseError):
    """A log cannot be read, or holds no training curve."""


class DataError(DiagnoseError):
    """A number, array or setting that was passed in makes no sense."""


class UnknownName(DiagnoseError):
    """There is no rule, technique or column of that name."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str], hint: str) -> UnknownName:
        """Say which name is unknown and the nearest known one.

        Args:
            kind: What was looked for, as in "technique".
            name: The name that is unknown.
            known: The names that exist.
            hint: What to do when nothing is near, as in "`diagnose rules` lists them".
        """
        import difflib  # noqa: PLC0415 (only an error pays for it)

        lowered = {candidate.lower(): candidate for candidate in known}
        near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
        advice = f"Did you mean {lowered[near[0]]!r}?" if near else hint
        return cls(f"no {kind} {name!r}. {advice}")


class MissingExtra(DiagnoseError):
    """A feature needs a package that is not installed."""
