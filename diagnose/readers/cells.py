"""Numbers as logs spell them."""

from __future__ import annotations

import re

MISSING = frozenset(
    [
        "", "none", "null", "nil", "undefined", "na", "n/a", "<na>", "#na#", "#n/a", "-", "--", "—",
        "_", "?", "no log", "missing",
    ]
)  # fmt: skip
"""Cells that stand for "not logged"; a NaN is not among them, for it was logged."""

_SPELLED = {"+nan": "nan", "∞": "inf", "+∞": "inf", "-∞": "-inf"}
# How Microsoft's C library prints them: 1.#INF, -1.#IND00, -nan(ind).
_MICROSOFT = re.compile(r"([+-]?)(?:1\.#(inf|q?nan|snan|ind)\d*|(nan)\((?:s?nan|ind)\))")


def parse_number(cell: str, decimal_comma: bool = False) -> float | None:
    """Read one cell as a number.

    Args:
        cell: The cell's text; `12%` is 0.12.
        decimal_comma: Whether a comma separates the decimals.

    Returns:
        The number (NaN and infinities in any spelling included), or None if the cell is blank.

    Raises:
        ValueError: If the cell holds text, or its sign of the decimals is not the table's.
    """
    text = cell.strip().strip('"').strip().lower()
    if text in MISSING:
        return None
    if text.endswith("%"):
        share = parse_number(text[:-1], decimal_comma)
        if share is None:
            raise ValueError(cell)
        return share / 100.0
    if decimal_comma:
        if "." in text and "#" not in text:
            # It may group thousands, or be another's decimal point.
            raise ValueError(cell)
        text = text.replace(",", ".")
    if "_" in text:
        # Python reads 1_000 as a number; in a log it is a name.
        raise ValueError(cell)
    try:
        return float(text)
    except ValueError:
        spelled = _MICROSOFT.fullmatch(text)
        if spelled:
            return float(spelled[1] + "inf" if spelled[2] == "inf" else "nan")
        return float(_SPELLED.get(text, text.replace("−", "-")))
