"""Numbers as logs spell them."""

from __future__ import annotations

MISSING = frozenset(
    ["", "none", "null", "na", "n/a", "#na#", "#n/a", "-", "--", "—", "_", "?", "no log", "missing"]
)
"""Cells that stand for "not logged"; a NaN is not among them, for it was logged."""

_SPELLED = {
    "1.#inf": "inf",
    "1.#inf00": "inf",
    "-1.#inf": "-inf",
    "-1.#inf00": "-inf",
    "1.#qnan": "nan",
    "1.#ind": "nan",
    "-1.#ind": "nan",
    "-1.#ind00": "nan",
    "+nan": "nan",
    "∞": "inf",
    "-∞": "-inf",
}


def parse_number(cell: str, decimal_comma: bool = False) -> float | None:
    """Read one cell as a number.

    Args:
        cell: The cell's text.
        decimal_comma: Whether a comma separates the decimals.

    Returns:
        The number (NaN and infinities in any spelling included), or None if the cell is blank.

    Raises:
        ValueError: If the cell holds text.
    """
    text = cell.strip().strip('"').lower()
    if text in MISSING:
        return None
    if text.endswith("%"):
        text = text[:-1].rstrip()
    if decimal_comma:
        text = text.replace(",", ".")
    if "_" in text:
        # Python reads 1_000 as a number; in a log it is a name.
        raise ValueError(cell)
    return float(_SPELLED.get(text, text))
