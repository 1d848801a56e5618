"""A logged loss repeats one exact value.

What it looks for:
    The same number, to the last digit, many times in a row, in a log that is otherwise printed
    finely enough for neighbours to differ.

Why it matters:
    Either nothing was updated (no optimizer step, all parameters frozen, a learning rate of zero)
    or the number is not measured anew (a cached evaluation). No verdict can rest on it.

When it is wrong:
    A converged loss printed with few digits repeats legitimately, and so does a loss that
    underflows to zero.

What to try:
    Check that the optimizer steps, that the parameters are in it and ask for gradients, and that
    the evaluation runs each time.
"""

from __future__ import annotations

from diagnose.measures.facts import (
    FROZEN_DIGITS,
    FROZEN_POINTS,
    FROZEN_RESOLUTION,
    Facts,
    is_printed_finely,
    longest_repeat,
)
from diagnose.rules.rule import LOGGING, Evidence, Finding, Rule, Threshold, number

POINTS = Threshold("equal values in a row", FROZEN_POINTS, "points", "judgement")
RESOLUTION = Threshold(
    "smallest difference between values, as a share of the repeated one", FROZEN_RESOLUTION, "",
    "judgement",
)  # fmt: skip
DIGITS = Threshold(
    "significant digits of the repeated value, above which it is not rounded", FROZEN_DIGITS,
    "digits", "judgement",
)  # fmt: skip


def check(facts: Facts) -> Finding:
    """Look for a loss that repeats one value."""
    run = facts.run
    longest = 0
    for series, which in ((run.val_loss, "validation"), (run.train_loss, "training")):
        if series is None:
            continue
        length, first = longest_repeat(series.value)
        longest = max(longest, length)
        if length < POINTS.value or not is_printed_finely(series.value, first):
            continue
        value, start = float(series.value[first]), float(series.step[first])
        end = float(series.step[first + length - 1])
        return RULE.found(
            f"The {which} loss is exactly {number(value, 6)} in {length} entries in a row, from"
            f" {run.step_unit} {number(start)} to {number(end)}: it was not measured anew, or"
            " nothing was updated.",
            "warning",
            steps=(start,),
            evidence=(
                Evidence("equal_points", float(length), "points", POINTS.value, start),
                Evidence("value", value, "loss"),
                Evidence("points", float(len(series)), "points"),
            ),
        )
    return RULE.clear(
        "No loss repeats one exact value.",
        evidence=(Evidence("equal_points", float(longest), "points", POINTS.value),),
    )


RULE = Rule(
    code="LOG101",
    name="frozen-metric",
    title="Frozen metric",
    problem=LOGGING,
    check=check,
    thresholds=(POINTS, RESOLUTION, DIGITS),
)
