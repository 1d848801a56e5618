"""How printed numbers are written, and what stays of a line without them."""

from __future__ import annotations

import math
import re

NUMBER = (
    r"(?<![A-Za-z0-9_À-ɏЀ-ӿ.@#])(?<!\w-)(?:[-+]?"
    r"(?:\d++(?:\.\d*+(?:[eE][-+]?\d++)?|[eE][-+]?\d++|(?!,\d))"
    r"|\d+(?:,\d+)+(?:\.\d+)?|\.\d+(?:[eE][-+]?\d+)?)"
    r"|[-+]?(?:nan|NaN|NAN|inf|Inf|INF|Infinity)(?![\w(]))"
)
"""A number, unless it is part of a word, a version or a path."""
BLOCKS = "█▏▎▍▌▋▊▉"
BAR = rf"[=#>.{BLOCKS}━╸╺╴─┈⠀-⣿-]{{4,}}+|[{BLOCKS}]++\s*+(?=\|)"
"""The drawing of a progress bar."""
_NUMBER = re.compile(NUMBER)
_BAR = re.compile(BAR)
_SPACES = re.compile("  +")
_SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
_POWER = re.compile(
    r"(?<=\d)[ \u00a0]?[×·*x⋅][ \u00a0]?10(?:\^\{?([-+]?\d{1,3})\}?|\*\*\(?([-+]?\d{1,3})\)?"
    r"|([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}))"
)
_HAS_POWER = re.compile(r"[×·*x⋅][ \u00a0]?10[\^*⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹]")
_RUN_NUMBERED = re.compile(r"\b((?:fold|run|trial|repeat|repetition|experiment) ?)#(?=\d)", re.I)


def plainly(text: str) -> str:
    r"""Write the numbers of a text as Python reads them: `2.5×10⁻¹` as `2.5e-1`, `−1` as `-1`."""
    if "10" in text and _HAS_POWER.search(text):
        text = _POWER.sub(_as_exponent, text)
    if "\u2212" in text:
        text = text.replace("\u2212", "-")
    return _RUN_NUMBERED.sub(r"\1", text) if "#" in text else text


def _as_exponent(match: re.Match[str]) -> str:
    return f"e{(match[1] or match[2] or match[3]).translate(_SUPERSCRIPTS)}"


def wording(line: str) -> str:
    r"""Return a line with a \0 for each number and a \1 for a bar's drawing: its wording."""
    skeleton = _NUMBER.sub("\0", _BAR.sub("\1", line))
    return _SPACES.sub("  ", skeleton) if "  " in skeleton else skeleton


def numbers(line: str) -> list[str]:
    """Return the numbers of a line, in the order of its wording."""
    return _NUMBER.findall(_BAR.sub("\1", line))


def to_float(number: str) -> float:
    """Turn a number into a float: `1,234.5` counts thousands, `0,52` has a decimal comma."""
    try:
        return float(number)
    except ValueError:
        pass
    first, *groups = number.split(",")
    whole = all(len(group.split(".")[0]) == 3 for group in groups)
    if whole and first.lstrip("+-") != "0":
        return float(number.replace(",", ""))
    decimal = len(groups) == 1 and "." not in number
    return float(number.replace(",", ".")) if decimal else math.nan
