"""Numbers as logs spell them."""

from __future__ import annotations

import math
import re

MISSING = frozenset(
    [
        "", "none", "null", "nil", "undefined", "na", "n/a", "<na>", "#na#", "#n/a", "-", "--", "—",
        "_", "?", "no log", "missing",
    ]
)  # fmt: skip
"""Cells that stand for "not logged"; a NaN is not among them, for it was logged."""

_MARKS = '"*`'
"""Quotes, and what Markdown sets in bold type or as code."""
_SPELLED = {"+nan": "nan", "∞": "inf", "+∞": "inf", "-∞": "-inf"}
# How Microsoft's C library prints them: 1.#INF, -1.#IND00, -nan(ind).
_MICROSOFT = re.compile(r"([+-]?)(?:1\.#(inf|q?nan|snan|ind)\d*|(nan)\((?:s?nan|ind)\))")


def parse_number(cell: str, style: str = "") -> float | None:
    """Read one cell as a number.

    Args:
        cell: The cell's text.
        style: How its column is written: with `,` in it a comma separates the decimals, with `%`
            every number has a percent sign, which divides it by a hundred.

    Returns:
        The number (NaN and infinities in any spelling included), or None if the cell is blank.

    Raises:
        ValueError: If the cell holds text, or a number in another style.
    """
    text = cell.strip().strip(_MARKS).strip().lower()
    if text in MISSING:
        return None
    percent = text.endswith("%")
    if percent:
        if "%" not in style:
            raise ValueError(cell)
        text = text[:-1].rstrip()
    if "," in style:
        if "." in text and "#" not in text:
            # It may group thousands, or be another's decimal point.
            raise ValueError(cell)
        text = text.replace(",", ".")
    if "_" in text:
        # Python reads 1_000 as a number; in a log it is a name.
        raise ValueError(cell)
    value = _parse_float(text)
    if "%" in style:
        if not percent and math.isfinite(value):
            raise ValueError(cell)
        return value / 100.0
    return value


def _parse_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        spelled = _MICROSOFT.fullmatch(text)
        if spelled:
            return float(spelled[1] + "inf" if spelled[2] == "inf" else "nan")
        return float(_SPELLED.get(text, text.replace("−", "-")))
