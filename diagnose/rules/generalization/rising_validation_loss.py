"""The validation loss has passed its minimum and rises while the training loss does not.

What it looks for:
    An end of the validation loss above its own minimum, by more than a small share of that minimum
    and more than its noise, with a rising trend since, over a training loss that did not rise.

Why it matters:
    From the minimum on the network learned what holds for the training set alone. The weights of
    the minimum are the better ones, and everything trained after it was in vain.

When it is wrong:
    If the accuracy keeps rising, the network is only surer of its mistakes: another rule says so. A
    small validation set makes minima by chance. After a restart of the learning rate both losses
    rise. With label noise or very long training the loss can fall a second time.

What to try:
    Go back to the best checkpoint now; then what closes a generalization gap.
"""

from __future__ import annotations

import numpy as np

from diagnose.measures.curve import median
from diagnose.measures.facts import Facts
from diagnose.measures.rise import (
    AFTER_POINTS,
    MIN_POINTS,
    RANGE_FLOOR,
    RISE_NOISE,
    RISE_SHARE,
    RISE_TREND,
    SCALE_SHARE,
)
from diagnose.rules.generalization.generalization_gap import CLOSE_THE_GAP
from diagnose.rules.rule import (
    GENERALIZATION,
    Evidence,
    Finding,
    Remedy,
    Rule,
    Threshold,
    number,
)

POINTS = Threshold("points in the validation loss", MIN_POINTS, "points", "judgement")
RISE = Threshold(
    "rise from the minimum to the end, as a share of the minimum", RISE_SHARE, "",
    "GL of Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3",
)  # fmt: skip
FLOOR = Threshold(
    "least value of the minimum in that share, as a share of the validation loss's own fall",
    RANGE_FLOOR, "", "judgement",
)  # fmt: skip
SCALE = Threshold(
    "rise as a share of the constant predictor's loss, where that is known", SCALE_SHARE, "",
    "judgement",
)  # fmt: skip
NOISE = Threshold("rise over the noise of one point", RISE_NOISE, "", "judgement")
TREND = Threshold("Mann-Kendall z score since the minimum", RISE_TREND, "", "judgement")
AFTER = Threshold("points after the minimum", AFTER_POINTS, "points", "judgement")


def check(facts: Facts) -> Finding:
    """Look for a validation loss that rises from its minimum."""
    val, rise = facts.val, facts.val_rise
    if val is None or rise is None:
        return RULE.not_checked(facts.why_no_val)
    if len(val) < POINTS.value:
        return RULE.not_checked(f"only {val.logged} points in the validation loss")
    unit = facts.run.step_unit
    best_step, best = val.min_step, val.min_value
    first, last = float(val.step[0]), float(val.step[-1])
    wasted = (last - best_step) / (last - first) if last > first else 0.0
    evidence = (
        Evidence("rise_share", rise.share, "", RISE.value),
        Evidence("rise", rise.height, "loss", NOISE.value * val.noise),
        Evidence("trend_z", rise.trend, "", TREND.value),
        Evidence("best_step", best_step, unit, step=best_step),
        Evidence("best_loss", best, "loss", step=best_step),
        Evidence("end_loss", val.end, "loss"),
        Evidence("saved_loss", val.end - best, "loss"),
        Evidence("wasted_share", wasted, ""),
        Evidence("last_step", last, unit),
        Evidence("gap", facts.gap_end, "loss"),
    )
    if not rise.is_real:
        return RULE.clear(
            f"The validation loss ends at {number(val.end)}, near its minimum {number(best)}"
            f" ({unit} {number(best_step)}).",
            evidence=evidence,
        )
    if _train_rises_too(facts):
        return RULE.clear(
            "The validation loss rises, but so does the training loss: that is no overfitting.",
            evidence=evidence,
        )
    if _below_a_flat_training_loss(facts):
        return RULE.found(
            f"The validation loss rose from {number(best)} ({unit} {number(best_step)}) to"
            f" {number(val.end)}, but it is still below a training loss that is flat: that is no"
            " sign of overfitting.",
            "note",
            steps=(best_step,),
            evidence=evidence,
        )
    training = ""
    if facts.train_at_val is not None:
        then = float(facts.train_at_val[min(val.best, len(val) - 1)])
        now = median(facts.train_at_val[-val.tail :])
        training = f", while the training loss went from {number(then)} to {number(now)}"
    return RULE.found(
        f"The validation loss was lowest at {unit} {number(best_step)} ({number(best)}) and rose to"
        f" {number(val.end)} by {unit} {number(last)}{training}.",
        "problem" if facts.odds is None or facts.odds.lets_a_rise_count else "warning",
        steps=(best_step,),
        evidence=evidence,
    )


def _train_rises_too(facts: Facts) -> bool:
    """Return whether the training loss rose since the validation loss's minimum."""
    train, val, at = facts.train, facts.val, facts.train_at_val
    if train is None or val is None or at is None:
        return False
    then = float(np.min(at[: val.best + 1]))
    now = median(at[-val.tail :])
    return now - then > max(2 * train.noise, 0.05 * max(train.fall, 0.0))


def _below_a_flat_training_loss(facts: Facts) -> bool:
    """Return whether the validation loss ends below a training loss that no longer falls."""
    train, val, at = facts.train, facts.val, facts.train_at_val
    if train is None or val is None or at is None or not facts.gap_end < 0:
        return False
    later = float(at[val.best]) - median(at[-val.tail :])
    return later <= max(2 * train.noise, 0.05 * max(train.fall, 0.0))


RULE = Rule(
    code="GEN102",
    name="rising-validation-loss",
    title="Rising validation loss",
    problem=GENERALIZATION,
    check=check,
    thresholds=(POINTS, RISE, FLOOR, SCALE, NOISE, TREND, AFTER),
    remedies=(
        Remedy(
            "early-stopping",
            "keep the checkpoint of {unit} {best_step}: its validation loss {best_loss} is"
            " {saved_loss} lower than at the end, and {wasted_share:%} of the run came after it",
        ),
        *CLOSE_THE_GAP,
    ),
)
